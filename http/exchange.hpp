#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One HTTP call as the rest of the program sees it: no RESTinio here.
namespace argosy {

struct http_request {
  std::string method; ///< as sent: "POST", "PROPFIND"
  std::string path;   ///< percent-decoded, without its leading slashes (rc-surface 2.1)
  std::string query;  ///< raw, without '?'
  std::vector<std::pair<std::string, std::string>> headers; ///< names as sent
  std::string body;
  std::uint64_t connection = 0; ///< number of the client's connection
  bool authenticated = false;   ///< credentials were asked for and right
  /// First value of a header, name in any case; empty when absent.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

/// A body that is made while it is sent, for what does not fit in memory. At most one block is on its way.
class http_stream {
public:
  virtual ~http_stream() = default;
  /// Takes the next block: any thread, exactly once. An empty block ends the body; null says that it cannot
  /// be completed: then the connection is closed, so that the client notices.
  using taker = std::function<void(std::shared_ptr<const std::string>)>;
  /// Called when the client has taken everything given before, on an HTTP thread: must not block. The stream
  /// is destroyed without a further call when the client goes away.
  virtual void next(taker give) noexcept = 0;
};

struct http_reply {
  int status = 200;
  std::string content_type; ///< empty: no such header
  /// Override the server's own of the same name. A Content-Length here is sent as it stands: for HEAD and for
  /// streams.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Blocks of the body, sent in order without being joined. Content-Length is their sum.
  std::vector<std::shared_ptr<const std::string>> body;
  /// What follows `body`, if anything. Without a Content-Length among the headers the body is sent chunked.
  std::shared_ptr<http_stream> stream;
  static http_reply text(int status, std::string content_type, std::string body);
  /// Go's http.Error: plain text, a newline at its end, and nosniff.
  static http_reply plain_error(int status, std::string_view text);
};

/// Takes the reply. Any thread, exactly once; what is never answered is answered 500 when the last copy goes.
using http_answer = std::function<void(http_reply)>;

/// What the server hands its requests to. Called on HTTP threads: must not block.
class http_handler {
public:
  virtual ~http_handler() = default;
  /// Every request whose method is GET, HEAD or POST and that passed authentication. OPTIONS, 401 and 405 are
  /// answered by the server. Requests of one connection come one after the other: the next when the reply to
  /// the last is written.
  virtual void handle(http_request request, http_answer answer) noexcept = 0;
  /// The client of that connection is gone: its open synchronous calls are to be cancelled (rc-surface 2.2).
  virtual void client_gone(std::uint64_t connection) noexcept = 0;
};

} // namespace argosy
