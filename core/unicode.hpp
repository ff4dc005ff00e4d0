#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// NFC of valid UTF-8; invalid input is returned unchanged. ASCII returns at once.
std::string normalize_nfc(std::string_view text);
/// Simple lower-case mapping of each code point (Go's strings.ToLower); invalid bytes stay.
std::string to_lower(std::string_view text);
bool is_ascii(std::string_view text);
bool is_valid_utf8(std::string_view text);

} // namespace argosy
