#include "http/markup/scanner.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <utf8proc.h>

#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy::markup {

namespace {

constexpr std::string_view open = "{{", close = "}}", spaces = " \t\r\n";

constexpr std::array<std::string_view, 11> keywords{"block", "break", "continue", "define",   "else", "end",
                                                    "if",    "nil",   "range",    "template", "with"};

bool is_space(char c) { return spaces.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

bool trims_left(std::string_view behind_open) {
  return behind_open.size() >= 2 && behind_open[0] == '-' && is_space(behind_open[1]);
}

// " -}}"
bool trims_right(std::string_view at) {
  return at.size() >= 4 && is_space(at[0]) && at[1] == '-' && at.substr(2, 2) == close;
}

// Bytes of the letter, digit or underscore at the beginning; 0: something else stands there.
std::size_t letter_length(std::string_view text) {
  const auto length = utf8_length(text);
  if (length == 0) return 0;
  if (length == 1)
    return text[0] == '_' || is_digit(text[0]) || (text[0] >= 'a' && text[0] <= 'z') ||
                   (text[0] >= 'A' && text[0] <= 'Z')
               ? 1
               : 0;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(utf8_decode(text, length)))) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
  case UTF8PROC_CATEGORY_ND: return length;
  default: return 0;
  }
}

// "U+0040 '@'", as Go's %#U.
std::string named_rune(std::string_view text) {
  if (text.empty()) return "U+FFFFFFFFFFFFFFFF"; // the end, in Go's words
  const auto length = utf8_length(text);
  const auto rune = length == 0 ? char32_t{0xfffd} : utf8_decode(text, length);
  std::array<char, 16> code{};
  std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(rune));
  std::string out = code.data();
  if (rune >= ' ' && rune != 0x7f)
    out.append(" '").append(length == 0 ? "\xef\xbf\xbd" : text.substr(0, length)).append("'");
  return out;
}

} // namespace

token scanner::next() {
  if (!failed_.empty()) return {token::kind::error, failed_, line_};
  return in_action_ ? inside() : outside();
}

token scanner::take(token::kind what, std::size_t size) {
  const token taken{what, text_.substr(at_, size), line_};
  skip(size);
  return taken;
}

void scanner::skip(std::size_t size) {
  line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                       text_.begin() + static_cast<std::ptrdiff_t>(at_ + size), '\n'));
  at_ += size;
}

void scanner::skip_space() {
  const auto end = rest().find_first_not_of(spaces);
  skip(end == std::string_view::npos ? rest().size() : end);
}

token scanner::error(const char* why) {
  failed_ = why;
  return {token::kind::error, failed_, line_};
}

token scanner::bad_character() { return error(("bad character " + named_rune(rest())).c_str()); }

token scanner::outside() {
  for (;;) {
    if (rest().empty()) return take(token::kind::end, 0);
    const auto found = rest().find(open);
    if (found == std::string_view::npos) return take(token::kind::text, rest().size());
    const bool trims = trims_left(rest().substr(found + open.size()));
    auto kept = rest().substr(0, found);
    if (trims) kept = kept.substr(0, kept.find_last_not_of(spaces) + 1); // npos + 1 is 0
    if (!kept.empty()) {
      const auto text = take(token::kind::text, kept.size());
      skip(found - kept.size());
      return text;
    }
    skip(found);
    const auto behind = open.size() + (trims ? 2 : 0);
    if (!begins_with(rest().substr(behind), "/*")) return left_delimiter();
    skip(behind);
    const auto end = rest().find("*/");
    if (end == std::string_view::npos) return error("unclosed comment");
    skip(end + 2);
    const bool trims_behind = trims_right(rest());
    if (!trims_behind && !begins_with(rest(), close)) return error("comment ends before closing delimiter");
    skip((trims_behind ? 2 : 0) + close.size());
    if (trims_behind) skip_space();
  }
}

token scanner::left_delimiter() {
  const bool trims = trims_left(rest().substr(open.size()));
  const auto taken = take(token::kind::left_delimiter, open.size());
  if (trims) skip(2);
  in_action_ = true;
  parens_ = 0;
  return taken;
}

token scanner::right_delimiter() {
  const bool trims = trims_right(rest());
  if (trims) skip(2);
  const auto taken = take(token::kind::right_delimiter, close.size());
  if (trims) skip_space();
  in_action_ = false;
  return taken;
}

token scanner::inside() {
  if (trims_right(rest()) || begins_with(rest(), close)) {
    if (parens_ > 0) return error("unclosed left paren");
    return right_delimiter();
  }
  if (rest().empty()) return error("unclosed action");
  const char c = rest().front();
  if (is_space(c)) return space();
  switch (c) {
  case '=': return take(token::kind::assign, 1);
  case ':': return begins_with(rest(), ":=") ? take(token::kind::declare, 2) : error("expected :=");
  case '|': return take(token::kind::pipe, 1);
  case '"': return quoted('"', token::kind::quoted, "unterminated quoted string");
  case '\'': return quoted('\'', token::kind::character, "unterminated character constant");
  case '`': return raw_quoted();
  case '$': return word(token::kind::variable);
  case '(': ++parens_; return take(token::kind::left_paren, 1);
  case ')':
    if (--parens_ < 0) return error("unexpected right paren");
    return take(token::kind::right_paren, 1);
  case '.':
    if (rest().size() > 1 && is_digit(rest()[1])) return number();
    return word(token::kind::field);
  case '+':
  case '-': return number();
  default: break;
  }
  if (is_digit(c)) return number();
  if (letter_length(rest()) > 0) return word(token::kind::identifier);
  if (c > ' ' && c < 0x7f) return take(token::kind::other, 1);
  return error(("unrecognized character in action: " + named_rune(rest())).c_str());
}

token scanner::space() {
  // The last space belongs to " -}}".
  std::size_t size = 0;
  while (size < rest().size() && is_space(rest()[size]) && !trims_right(rest().substr(size))) ++size;
  return take(token::kind::space, size);
}

std::size_t scanner::word_length(std::size_t from) const {
  std::size_t size = from;
  while (const auto length = letter_length(rest().substr(size))) size += length;
  return size;
}

bool scanner::ends_word(std::size_t at) const {
  const auto behind = rest().substr(at);
  return behind.empty() || is_space(behind.front()) ||
         std::string_view{".,|:)("}.find(behind.front()) != std::string_view::npos ||
         begins_with(behind, close);
}

token scanner::word(token::kind what) {
  const std::size_t sign = what == token::kind::identifier ? 0 : 1;
  const auto size = word_length(sign);
  if (!ends_word(size)) {
    skip(size);
    return bad_character();
  }
  if (what == token::kind::field && size == 1) return take(token::kind::dot, 1);
  if (what != token::kind::identifier) return take(what, size);
  const auto text = rest().substr(0, size);
  if (text == "true" || text == "false") return take(token::kind::boolean, size);
  if (std::find(keywords.begin(), keywords.end(), text) != keywords.end())
    return take(token::kind::keyword, size);
  return take(token::kind::identifier, size);
}

token scanner::number() {
  const auto text = rest();
  std::size_t size = text.front() == '+' || text.front() == '-' ? 1 : 0;
  const auto run = [&](std::string_view of) {
    const auto end = text.find_first_not_of(of, size);
    size = end == std::string_view::npos ? text.size() : end;
  };
  const auto one = [&](std::string_view of) {
    const bool there = size < text.size() && of.find(text[size]) != std::string_view::npos;
    if (there) ++size;
    return there;
  };
  std::string_view digits = "0123456789_";
  if (one("0")) {
    if (one("xX"))
      digits = "0123456789abcdefABCDEF_";
    else if (one("oO"))
      digits = "01234567_";
    else if (one("bB"))
      digits = "01_";
  }
  const bool hexadecimal = digits.size() > 11;
  run(digits);
  if (one(".")) run(digits);
  if (one(hexadecimal ? "pP" : digits.size() == 11 ? "eE" : "")) {
    one("+-");
    run("0123456789_");
  }
  if (const auto more = letter_length(text.substr(size)); more > 0)
    return error(("bad number syntax: " + go_quote(text.substr(0, size + more))).c_str());
  return take(token::kind::number, size);
}

token scanner::quoted(char quote, token::kind what, const char* why) {
  for (std::size_t i = 1; i < rest().size() && rest()[i] != '\n'; ++i) {
    if (rest()[i] == '\\') {
      if (++i < rest().size() && rest()[i] == '\n') break;
    } else if (rest()[i] == quote) {
      return take(what, i + 1);
    }
  }
  return error(why);
}

token scanner::raw_quoted() {
  const auto end = rest().find('`', 1);
  if (end == std::string_view::npos) return error("unterminated raw quoted string");
  return take(token::kind::raw_quoted, end + 1);
}

} // namespace argosy::markup
