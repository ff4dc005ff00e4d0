#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace argosy {

/// A part of a content of known size, in bytes.
struct byte_range {
  std::int64_t start = 0;
  std::int64_t length = 0;
  bool operator==(const byte_range& other) const { return start == other.start && length == other.length; }
};

/// What a Range header asks for (RFC 9110 14.2), by the rules of Go's file server.
struct range_request {
  std::vector<byte_range> ranges; ///< empty: everything
  bool unsatisfiable = false;     ///< 416
  const char* error = "";         ///< text of the 416
};

/// `header` is empty when there is none. Ranges that overlap so much that they exceed the content are not
/// worth their while: everything then.
range_request parse_ranges(std::string_view header, std::int64_t size);

/// The same for objects of remotes, where rclone knows one range only. Nothing when the header says something
/// else: 400.
std::optional<range_request> parse_single_range(std::string_view header, std::int64_t size);

/// `bytes 0-4/10`
std::string content_range(const byte_range& range, std::int64_t size);
/// Of a 416: `bytes */10`
std::string unsatisfied_range(std::int64_t size);

} // namespace argosy
