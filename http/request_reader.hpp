#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <http_parser.h>

#include "http/exchange.hpp"

namespace argosy {

/// How the first bytes of a request begin.
struct method_start {
  enum class kind {
    incomplete, ///< no blank yet
    known,      ///< the parser knows it, or nothing like a method: the parser has to judge
    foreign,    ///< a method by RFC 9110 5.6.2, but not one that the parser knows
  };
  kind what;
  std::size_t length; ///< of a foreign method
};
method_start look_at_method(std::string_view bytes) noexcept;

/// Reads HTTP/1 requests from raw bytes, one after the other, and says with which reply a request is to be
/// refused: Go's texts.
class request_reader {
public:
  /// Both limits in bytes: of the request line with the headers, and of the body.
  request_reader(std::size_t max_head, std::size_t max_body);
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  enum class progress { head, body, complete, refused };

  /// Takes bytes up to the end of the request at most and returns how many. Not to be called once it is
  /// complete or refused.
  std::size_t feed(const char* data, std::size_t size);
  progress state() const noexcept { return state_; }
  /// No byte of the request has been seen yet.
  bool untouched() const noexcept { return !started_; }
  /// The method that the request really has; the parser is fed with one that it knows.
  void foreign_method(std::string_view name) { foreign_method_ = name; }
  /// The client waits for "100 Continue" before it sends the body. True once a request.
  bool wants_continue() noexcept;

  /// The request as far as it has been read; its head is complete in progress::body.
  const http_request& so_far() const noexcept { return request_; }
  /// Bytes of body that the head announces; all ones for a chunked one.
  std::uint64_t announced() const noexcept { return announced_; }

  /// Why a request was refused: "431 Request Header Fields Too Large", which is status line and body of the
  /// reply.
  std::string_view refusal() const noexcept { return refusal_; }
  /// The bytes ended in the middle of a request: that is refused as well.
  void cut_off() { refuse("400 Bad Request"); }

  struct result {
    http_request request;
    bool keep_alive = true;
    bool http_1_0 = false;
  };
  /// The request that is complete; the reader is then ready for the next.
  result take();

private:
  friend struct reader_callbacks;
  void restart();
  int refuse(std::string_view why);
  int head_grows(std::size_t by);
  int head_complete();

  const std::size_t max_head_;
  const std::size_t max_body_;
  http_parser parser_{};
  progress state_ = progress::head;
  bool started_ = false;
  bool in_value_ = false;
  bool wants_continue_ = false;
  bool keep_alive_ = false;
  std::size_t head_size_ = 0;
  std::uint64_t announced_ = 0;
  std::string target_;
  std::string foreign_method_;
  std::string_view refusal_; // a string literal
  http_request request_;
};

/// Makes room in the parser, for the whole process, for heads of that size: it has a limit of its own, 80 KiB
/// by default.
void allow_heads_of(std::size_t bytes) noexcept;

} // namespace argosy
