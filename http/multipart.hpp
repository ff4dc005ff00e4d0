#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace argosy {

/// One part of a multipart body (RFC 2046 5.1). The content points into the body.
struct body_part {
  std::string file_name; ///< last element of the filename of its Content-Disposition; empty: none
  std::string_view content;
};

/// The parts of a body by the rules of Go's mime/multipart. `content_type` is the header with its boundary.
/// Nothing when the type is not multipart/*. Throws failure(other) with Go's texts: `mime: no media type`,
/// `multipart: boundary is empty`, `multipart: NextPart: EOF`, `unexpected EOF`.
std::optional<std::vector<body_part>> parse_multipart(std::string_view content_type, std::string_view body);

} // namespace argosy
