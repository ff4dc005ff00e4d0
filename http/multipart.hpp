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

/// A parameter of a header like Content-Type or Content-Disposition, unquoted; its extended form (RFC 8187,
/// `filename*=utf-8''...`) first. Nothing when it is not there.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

} // namespace argosy
