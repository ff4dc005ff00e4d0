#include "http/markup/literals.hpp"

#include <charconv>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy::markup {

namespace {

// A number of exactly `digits` digits behind an escape.
std::optional<std::uint32_t> take_number(std::string_view& rest, std::size_t digits, int base) {
  std::uint32_t number = 0;
  if (rest.size() < digits) return std::nullopt;
  const auto* const end = rest.data() + digits;
  const auto read = std::from_chars(rest.data(), end, number, base);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  rest.remove_prefix(digits);
  return number;
}

bool append_code_point(std::string& out, std::optional<std::uint32_t> code) {
  if (!code || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) return false;
  append_utf8(out, static_cast<char32_t>(*code));
  return true;
}

bool append_byte(std::string& out, std::optional<std::uint32_t> byte) {
  if (!byte || *byte > 0xff) return false;
  out += static_cast<char>(*byte);
  return true;
}

// What stands behind a backslash.
bool append_escape(std::string& out, std::string_view& rest, char quote) {
  constexpr std::string_view letters = "abfnrtv\\", meant = "\a\b\f\n\r\t\v\\";
  if (rest.empty()) return false;
  const char c = rest.front();
  if (c >= '0' && c <= '7') return append_byte(out, take_number(rest, 3, 8));
  rest.remove_prefix(1);
  if (const auto found = letters.find(c); found != std::string_view::npos) {
    out += meant[found];
    return true;
  }
  switch (c) {
  case 'x': return append_byte(out, take_number(rest, 2, 16));
  case 'u': return append_code_point(out, take_number(rest, 4, 16));
  case 'U': return append_code_point(out, take_number(rest, 8, 16));
  default: out += c; return c == quote;
  }
}

// Between the quotes of a literal.
std::optional<std::string> unescape(std::string_view rest, char quote) {
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\')
      out += c;
    else if (!append_escape(out, rest, quote))
      return std::nullopt;
  }
  return out;
}

} // namespace

std::optional<std::string> unquote(std::string_view literal) {
  const auto inside = literal.substr(1, literal.size() - 2);
  if (literal.front() != '`') return unescape(inside, '"');
  std::string out;
  for (const char c : inside)
    if (c != '\r') out += c;
  return out;
}

std::optional<std::int64_t> character_of(std::string_view literal) {
  const auto inside = literal.substr(1, literal.size() - 2);
  const auto text = unescape(inside, '\'');
  if (!text || text->empty()) return std::nullopt;
  // An escaped byte is one character, whatever it is.
  if (text->size() == 1) return static_cast<unsigned char>(text->front());
  const auto length = utf8_length(*text);
  if (length != text->size()) return std::nullopt;
  return static_cast<std::int64_t>(utf8_decode(*text, length));
}

std::optional<value> number_of(std::string_view literal) {
  std::string digits;
  for (const char c : literal)
    if (c != '_') digits += c;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.erase(0, 1);
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' ? 8 : 10;
    if (base != 10)
      digits.erase(0, 2);
    else if (digits.find_first_not_of("01234567") == std::string::npos)
      base = 8;
  }
  std::uint64_t magnitude = 0;
  const auto* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, magnitude, base);
  constexpr std::uint64_t largest = std::uint64_t{1} << 63;
  if (read.ec == std::errc{} && read.ptr == end && magnitude < largest + (negative ? 1 : 0))
    return static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude);
  try {
    return go_parse_float(literal);
  } catch (const failure&) {
    return std::nullopt;
  }
}

} // namespace argosy::markup
