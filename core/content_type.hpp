#pragma once

#include <cstddef>
#include <string_view>

namespace argosy {

/// How many bytes of a content detect_content_type() looks at.
inline constexpr std::size_t sniffed_bytes = 512;

/// The media type that the first bytes of a content show: the MIME Sniffing Standard
/// (https://mimesniff.spec.whatwg.org) as far as Go's http.DetectContentType goes. Never empty:
/// application/octet-stream when nothing fits.
std::string_view detect_content_type(std::string_view first_bytes) noexcept;

} // namespace argosy
