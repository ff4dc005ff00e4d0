#include "core/base64.hpp"

#include <cstdint>

#include "core/failure.hpp"

namespace argosy {

namespace {

std::string_view alphabet_of(base64_form form) {
  return form == base64_form::standard ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                                       : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

[[noreturn]] void illegal(std::size_t position) {
  fail(failure_kind::other, "illegal base64 data at input byte " + std::to_string(position));
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Padding begins at `at`, behind `digits` digits: nothing but the rest of it and line ends may follow.
void check_padding(std::string_view text, std::size_t at, std::size_t digits) {
  auto missing = digits % 4 == 0 ? 0 : 4 - digits % 4;
  if (missing == 0 || missing == 3) illegal(at);
  for (; at < text.size(); ++at) {
    if (is_line_end(text[at])) continue;
    if (text[at] != '=' || missing == 0) illegal(at);
    --missing;
  }
  if (missing > 0) fail(failure_kind::other, "unexpected EOF");
}

} // namespace

std::string to_base64(std::string_view bytes, base64_form form) {
  const auto alphabet = alphabet_of(form);
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6;) out += alphabet[bits >> (count -= 6) & 63];
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
  if (form == base64_form::standard) out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string from_base64(std::string_view text, base64_form form) {
  const auto alphabet = alphabet_of(form);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t group = 0; // where the present group of four digits began
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_line_end(text[i])) continue;
    if (text[i] == '=' && form == base64_form::standard) {
      check_padding(text, i, digits);
      return out;
    }
    const auto digit = alphabet.find(text[i]);
    if (digit == std::string_view::npos) illegal(i);
    if (digits % 4 == 0) group = i;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    ++digits;
    // Digits 2, 3 and 4 of a group each complete one byte.
    if (const auto left = digits % 4; left != 1)
      out += static_cast<char>(bits >> (left == 0 ? 0 : 8 - 2 * left) & 0xff);
  }
  if (digits % 4 != 0 && form == base64_form::standard) fail(failure_kind::other, "unexpected EOF");
  if (digits % 4 == 1) illegal(group);
  return out;
}

} // namespace argosy
