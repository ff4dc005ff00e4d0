#include "core/name_encoder.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr char32_t quote = 0x201b;
constexpr char32_t symbols = 0x2400; // + a control character
constexpr char32_t delete_symbol = 0x2421;
constexpr char32_t space_symbol = 0x2420;
constexpr char32_t full_width = 0xfee0; // + a printable character of ASCII
constexpr char32_t full_width_dot = full_width + '.';

// rclone's bits.
enum : std::uint32_t {
  raw = 1U << 0,
  slash = 1U << 1,
  cr_lf = 1U << 14,
  del = 1U << 15,
  control = 1U << 16,
  left_space = 1U << 17,
  left_period = 1U << 18,
  left_tilde = 1U << 19,
  left_cr_lf_ht_vt = 1U << 20,
  right_space = 1U << 21,
  right_period = 1U << 22,
  right_cr_lf_ht_vt = 1U << 23,
  invalid_utf8 = 1U << 24,
  dot = 1U << 25,
};

struct flag {
  std::uint32_t bit;
  std::string_view name;
  std::string_view characters; // replaced anywhere
};

// In the order of the bits.
constexpr flag flags[] = {
    {raw, "Raw", ""},
    {slash, "Slash", "/"},
    {1U << 2, "LtGt", "<>"},
    {1U << 3, "DoubleQuote", "\""},
    {1U << 4, "SingleQuote", "'"},
    {1U << 5, "BackQuote", "`"},
    {1U << 6, "Dollar", "$"},
    {1U << 7, "Colon", ":"},
    {1U << 8, "Question", "?"},
    {1U << 9, "Asterisk", "*"},
    {1U << 10, "Pipe", "|"},
    {1U << 11, "Hash", "#"},
    {1U << 12, "Percent", "%"},
    {1U << 13, "BackSlash", "\\"},
    {cr_lf, "CrLf", "\r\n"},
    {del, "Del", "\x7f"},
    {control, "Ctl",
     "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"
     "\x1a\x1b\x1c\x1d\x1e\x1f"},
    {left_space, "LeftSpace", ""},
    {left_period, "LeftPeriod", ""},
    {left_tilde, "LeftTilde", ""},
    {left_cr_lf_ht_vt, "LeftCrLfHtVt", ""},
    {right_space, "RightSpace", ""},
    {right_period, "RightPeriod", ""},
    {right_cr_lf_ht_vt, "RightCrLfHtVt", ""},
    {invalid_utf8, "InvalidUtf8", ""},
    {dot, "Dot", ""},
    {1U << 26, "SquareBracket", "[]"},
    {1U << 27, "Semicolon", ";"},
    {1U << 28, "Exclamation", "!"},
};

// What stands for a character of ASCII.
char32_t replacement(char32_t character) {
  if (character == 0x7f) return delete_symbol;
  return character <= ' ' ? symbols + character : full_width + character;
}

bool is_line_character(char32_t rune) { return rune == '\t' || rune == '\n' || rune == '\v' || rune == '\r'; }

std::string utf8(char32_t rune) {
  std::string out;
  append_utf8(out, rune);
  return out;
}

// A character of a name, or one byte that is none.
struct piece {
  std::string_view text;
  char32_t rune = 0;
  bool valid = false;
};

piece piece_at(std::string_view text) {
  if (text.empty()) return {};
  const auto length = utf8_length(text);
  if (length == 0) return {text.substr(0, 1), 0, false};
  return {text.substr(0, length), utf8_decode(text, length), true};
}

piece last_piece(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    const auto end = text.substr(text.size() - length);
    if (utf8_length(end) == length) return {end, utf8_decode(end, length), true};
  }
  return {text.substr(text.empty() ? 0 : text.size() - 1), 0, false};
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

std::string full_width_dots(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) append_utf8(out, full_width_dot);
  return out;
}

std::string quoted_dots(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += utf8(quote) + utf8(full_width_dot);
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

[[noreturn]] void bad_encoding(std::string_view part) {
  std::vector<std::string_view> names{"None"};
  for (const auto& one : flags) names.push_back(one.name);
  std::sort(names.begin(), names.end());
  std::string text;
  for (const auto name : names) text.append(text.empty() ? "" : ", ").append(name);
  fail(failure_kind::other, "bad encoding " + go_quote(part) + ": possible values are: " + text);
}

std::uint32_t bits_of(std::string_view part) {
  if (part == "None") return 0;
  for (const auto& one : flags)
    if (one.name == part) return one.bit;
  const bool hex = part.substr(0, 2) == "0x" || part.substr(0, 2) == "0X";
  std::uint64_t number = 0;
  const auto digits = part.substr(hex ? 2 : 0);
  if (digits.empty() || digits.size() > 10) bad_encoding(part);
  for (const char c : digits) {
    const int value = hex_value(c);
    if (value < 0 || (!hex && value > 9)) bad_encoding(part);
    number = number * (hex ? 16 : 10) + static_cast<unsigned>(value);
  }
  if (number > UINT32_MAX) bad_encoding(part);
  return static_cast<std::uint32_t>(number);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

} // namespace

name_encoder::name_encoder(std::uint32_t bits) : bits_(bits) {
  for (const auto& one : flags) {
    if (!has(one.bit)) continue;
    for (const char c : one.characters) {
      const auto character = static_cast<unsigned char>(c);
      replaced_[character] = static_cast<char16_t>(replacement(character));
    }
  }
}

name_encoder name_encoder::parse(std::string_view text) {
  std::uint32_t bits = 0;
  while (true) {
    const auto comma = text.find(',');
    bits |= bits_of(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return name_encoder{bits};
    text.remove_prefix(comma + 1);
  }
}

std::string name_encoder::text() const {
  if (bits_ == 0) return "None";
  std::string out;
  for (const auto& one : flags)
    if (has(one.bit)) out.append(out.empty() ? "" : ",").append(one.name);
  return out;
}

bool name_encoder::is_replacement(char32_t rune) const { return original_of(rune) != 0; }

char32_t name_encoder::original_of(char32_t rune) const {
  char32_t character = 0;
  if (rune == delete_symbol) {
    character = 0x7f;
  } else if (rune > symbols && rune < symbols + ' ') {
    character = rune - symbols;
  } else if (rune > full_width + ' ' && rune < full_width + 0x7f) {
    character = rune - full_width;
  }
  return character != 0 && replaced_[character] != 0 ? character : 0;
}

std::string name_encoder::encode_left(std::string_view& name) const {
  const auto first = piece_at(name);
  const auto apply = [&](std::uint32_t bit, char32_t character) -> std::string {
    if (!has(bit) || !first.valid) return {};
    const auto stands_for_it = replacement(character);
    if (first.rune != character && first.rune != stands_for_it) return {};
    name.remove_prefix(first.text.size());
    return (first.rune == character ? std::string{} : utf8(quote)) + utf8(stands_for_it);
  };
  auto out = apply(left_space, ' ');
  if (out.empty()) out = apply(left_period, '.');
  if (out.empty()) out = apply(left_tilde, '~');
  for (const char32_t c : {U'\t', U'\n', U'\v', U'\r'})
    if (out.empty()) out = apply(left_cr_lf_ht_vt, c);
  return out;
}

std::string name_encoder::encode_right(std::string_view& name) const {
  if (name.empty()) return {};
  const auto last = last_piece(name);
  const auto apply = [&](std::uint32_t bit, char32_t character) -> std::string {
    if (!has(bit) || !last.valid) return {};
    const auto stands_for_it = replacement(character);
    if (last.rune != character && last.rune != stands_for_it) return {};
    name.remove_suffix(last.text.size());
    return (last.rune == character ? std::string{} : utf8(quote)) + utf8(stands_for_it);
  };
  auto out = apply(right_space, ' ');
  if (out.empty()) out = apply(right_period, '.');
  for (const char32_t c : {U'\t', U'\n', U'\v', U'\r'})
    if (out.empty()) out = apply(right_cr_lf_ht_vt, c);
  return out;
}

std::string name_encoder::encode(std::string_view name) const {
  if (bits_ == raw || name.empty()) return std::string{name};
  if (has(dot)) {
    if (is_dots(name)) return full_width_dots(name.size());
    for (const std::size_t count : {1U, 2U})
      if (name == full_width_dots(count)) return quoted_dots(count);
  }
  auto out = encode_left(name);
  const auto end = encode_right(name);
  while (!name.empty()) {
    const auto next = piece_at(name);
    name.remove_prefix(next.text.size());
    if (!next.valid) {
      if (has(invalid_utf8)) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02X", static_cast<unsigned char>(next.text.front()));
        out += utf8(quote);
        out += digits;
      } else {
        out += next.text;
      }
    } else if (next.rune == 0) {
      append_utf8(out, symbols);
    } else if (const auto other = replacement_of(next.rune); other != 0) {
      append_utf8(out, other);
    } else {
      if (next.rune == symbols || next.rune == quote || is_replacement(next.rune)) append_utf8(out, quote);
      out += next.text;
    }
  }
  return out + end;
}

std::string name_encoder::decode_left(std::string_view& name) const {
  auto first = piece_at(name);
  const bool quoted = first.valid && first.rune == quote;
  const auto mark = quoted ? first.text.size() : 0;
  if (quoted) first = piece_at(name.substr(mark));
  if (!first.valid) return {};
  const auto rune = first.rune;
  char32_t character = 0;
  if (has(left_space) && rune == space_symbol) character = ' ';
  if (has(left_period) && rune == full_width_dot) character = '.';
  if (has(left_tilde) && rune == full_width + '~') character = '~';
  if (has(left_cr_lf_ht_vt) && rune > symbols && is_line_character(rune - symbols))
    character = rune - symbols;
  if (character == 0) return {};
  name.remove_prefix(mark + first.text.size());
  return utf8(quoted ? rune : character);
}

std::string name_encoder::decode_right(std::string_view& name) const {
  const auto last = last_piece(name);
  if (!last.valid) return {};
  const auto rune = last.rune;
  char32_t character = 0;
  if (has(right_space) && rune == space_symbol) character = ' ';
  if (has(right_period) && rune == full_width_dot) character = '.';
  if (has(right_cr_lf_ht_vt) && rune > symbols && is_line_character(rune - symbols))
    character = rune - symbols;
  if (character == 0) return {};
  name.remove_suffix(last.text.size());
  const auto before = last_piece(name);
  const bool quoted = before.valid && before.rune == quote;
  if (quoted) name.remove_suffix(before.text.size());
  return utf8(quoted ? rune : character);
}

std::string name_encoder::decode(std::string_view name) const {
  if (bits_ == raw) return std::string{name};
  if (has(dot))
    for (const std::size_t count : {1U, 2U}) {
      if (name == full_width_dots(count)) return std::string(count, '.');
      if (name == quoted_dots(count)) return full_width_dots(count);
    }
  auto out = decode_left(name);
  const auto end = decode_right(name);
  bool marked = false; // the piece before was a quoting mark
  while (!name.empty()) {
    const auto next = piece_at(name);
    const bool unquote = marked;
    marked = false;
    const auto rune = next.valid ? next.rune : 0;
    const auto special = rune == symbols || rune == quote || (rune != 0 && is_replacement(rune));
    if (rune == quote && !unquote) {
      marked = true;
    } else if (special && unquote) {
      out += next.text;
    } else if (rune == symbols) {
      out += '\0';
    } else if (special) {
      append_utf8(out, original_of(rune));
    } else {
      if (unquote && has(invalid_utf8) && name.size() >= 2 && hex_value(name[0]) >= 0 &&
          hex_value(name[1]) >= 0) {
        out += static_cast<char>(hex_value(name[0]) << 4 | hex_value(name[1]));
        name.remove_prefix(2);
        continue;
      }
      if (unquote) append_utf8(out, quote);
      out += next.text;
    }
    name.remove_prefix(next.text.size());
  }
  if (marked) append_utf8(out, quote);
  return out + end;
}

std::string name_encoder::from_standard(std::string_view path) const {
  static const name_encoder api;
  std::string out;
  out.reserve(path.size());
  while (true) {
    const auto end = path.find('/');
    const auto element = path.substr(0, end);
    if (bits_ == standard) {
      out += is_dots(element) ? full_width_dots(element.size()) : std::string{element};
    } else {
      auto name = encode(api.decode(element));
      if (is_dots(name)) name = full_width_dots(name.size());
      for (std::size_t at = 0; (at = name.find('/', at)) != std::string::npos;)
        name.replace(at, 1, utf8(replacement('/')));
      out += name;
    }
    if (end == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(end + 1);
  }
}

std::string name_encoder::to_standard(std::string_view name) const {
  static const name_encoder api;
  return bits_ == standard ? std::string{name} : api.encode(decode(name));
}

} // namespace argosy
