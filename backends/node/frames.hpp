#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/failure.hpp"

/// What a node_session and a disk_session say to each other. A frame is one byte that tells its kind, the
/// rest depends on that; integers are little endian, 8 bytes, texts have their length before them. Each
/// request has one answer, in the order of the requests; `close` and `more` have none.
namespace argosy {

enum class frame_kind : std::uint8_t {
  // Requests. Append only.
  begin,            ///< root -> 1 when it is a file, precision; the first one
  list,             ///< directory -> pages, then done; after window_pages it waits for `more`
  more,             ///< one more page
  stat,             ///< path -> 1 and an object, or 0
  open,             ///< handle, path, offset, length
  read,             ///< handle, bytes at most -> block; an empty one is the end
  create,           ///< handle, put_request
  create_chunked,   ///< handle, put_request, chunk size -> name of the object in the whole node, chunk size
  open_chunk,       ///< handle, name of the object, number, offset, size
  write,            ///< handle, then the bytes
  finish_chunk,     ///< handle
  examine,          ///< handle -> put_result
  give_name,        ///< handle
  close,            ///< handle
  remove,           ///< path
  make_directory,   ///< path
  remove_directory, ///< path
  set_modified,     ///< path, time
  set_directory_modified, ///< path, time
  hash,                   ///< path, type -> hex
  copy,                   ///< root of the source, copy_request, copy_policy -> 1 when done
  move,                   ///< root of the source, from, to -> 1 when done
  move_directory,         ///< the same
  about,                  ///< -> storage_usage
  metadata,               ///< path -> map
  set_directory_metadata, ///< path, map
  require_unchanged,      ///< copy_request
  // Answers.
  done = 128, ///< what the request says
  failed,     ///< kind, text
  block,      ///< bytes
  page,       ///< entries: kind, size, time, name
  busy,       ///< it is working on it; bytes moved inside the node since the last time
};

/// Payload of a block or a page, in bytes: a read from disk, sixteen records of TLS.
inline constexpr std::size_t frame_payload = 256 << 10;
/// No frame is longer, in bytes: payload, or names of 4 KiB with metadata of 64 KiB an attribute.
inline constexpr std::size_t longest_frame = 4 << 20;
/// Requests without an answer: what both sides must be able to keep is 16 payloads, 4 MiB a session. It
/// bounds one stream to 4 MiB a round trip: 200 MiB/s over 20 ms.
inline constexpr std::size_t most_unanswered = 16;
/// Pages of a listing on their way.
inline constexpr std::size_t window_pages = 8;

class frame_writer {
public:
  explicit frame_writer(frame_kind kind) : text_(1, static_cast<char>(kind)) {}
  frame_writer& number(std::int64_t n);
  frame_writer& text(std::string_view t);
  frame_writer& map(const std::map<std::string, std::string>& all);
  /// The rest of the frame, without its length.
  frame_writer& bytes(const char* data, std::size_t size) {
    text_.append(data, size);
    return *this;
  }
  std::size_t size() const noexcept { return text_.size(); }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
};

/// Reads a frame, which outlives it. Throws failure(other) at the end of one that is too short.
class frame_reader {
public:
  explicit frame_reader(std::string_view frame);
  frame_kind kind() const noexcept { return kind_; }
  std::int64_t number();
  bool truth() { return number() != 0; }
  std::string text() { return std::string{view()}; }
  std::string_view view();
  std::map<std::string, std::string> map();
  std::string_view rest() const noexcept { return left_; }
  bool at_end() const noexcept { return left_.empty(); }

private:
  std::string_view take(std::size_t size);
  frame_kind kind_;
  std::string_view left_;
};

struct put_request;
struct put_result;
struct object_info;
struct copy_request;
struct copy_policy;

void write(frame_writer& to, const put_request& request);
put_request read_put_request(frame_reader& from);
void write(frame_writer& to, const put_result& result);
put_result read_put_result(frame_reader& from);
void write(frame_writer& to, const object_info& info);
object_info read_object_info(frame_reader& from);
void write(frame_writer& to, const copy_request& request);
copy_request read_copy_request(frame_reader& from);
/// What matters to a copy inside a node.
void write(frame_writer& to, const copy_policy& policy);
copy_policy read_copy_policy(frame_reader& from);
/// A failure as an answer, and thrown again.
std::string failed_frame(const failure& why);
[[noreturn]] void throw_failed(frame_reader& from);

} // namespace argosy
