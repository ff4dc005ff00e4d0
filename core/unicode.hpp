#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace argosy {

/// NFC of valid UTF-8; invalid input is returned unchanged. ASCII returns at once.
std::string normalize_nfc(std::string_view text);
/// NFKC under the same conditions.
std::string normalize_nfkc(std::string_view text);
/// NFD and NFKD under the same conditions.
std::string normalize_nfd(std::string_view text);
std::string normalize_nfkd(std::string_view text);
/// Simple lower-case mapping of each code point, as Go's strings.ToLower does it; invalid bytes stay.
std::string to_lower(std::string_view text);
/// The same with upper-case and with title-case letters; the latter are no capitals of words.
std::string to_upper(std::string_view text);
std::string to_title(std::string_view text);
bool is_ascii(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// Bytes of the code point at the start of `text`: 1 to 4, or 0 if no valid UTF-8 stands there (overlong
/// forms, surrogates and anything above U+10FFFF are not valid).
std::size_t utf8_length(std::string_view text);
/// The code point of the first `length` bytes, a result of utf8_length other than 0.
char32_t utf8_decode(std::string_view text, std::size_t length);
void append_utf8(std::string& out, char32_t rune);

} // namespace argosy
