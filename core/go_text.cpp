#include "core/go_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <system_error>

#include <utf8proc.h>

#include "core/failure.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

// Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space.
bool is_printable(char32_t rune) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(rune))) {
  case UTF8PROC_CATEGORY_CN:
  case UTF8PROC_CATEGORY_CC:
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_CS:
  case UTF8PROC_CATEGORY_CO:
  case UTF8PROC_CATEGORY_ZL:
  case UTF8PROC_CATEGORY_ZP: return false;
  case UTF8PROC_CATEGORY_ZS: return rune == ' ';
  default: return true;
  }
}

void append_hex(std::string& out, char32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(value >> shift) & 0xf];
}

void append_quoted_rune(std::string& out, char32_t rune, char quote) {
  if (rune == static_cast<unsigned char>(quote) || rune == '\\') {
    out += '\\';
    out += static_cast<char>(rune);
    return;
  }
  if (rune >= 0x20 && rune < 0x7f) {
    out += static_cast<char>(rune);
    return;
  }
  switch (rune) {
  case '\a': out += "\\a"; return;
  case '\b': out += "\\b"; return;
  case '\f': out += "\\f"; return;
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  case '\v': out += "\\v"; return;
  default: break;
  }
  if (rune < 0x80) {
    out += "\\x";
    append_hex(out, rune, 2);
  } else if (is_printable(rune)) {
    append_utf8(out, rune);
  } else if (rune < 0x10000) {
    out += "\\u";
    append_hex(out, rune, 4);
  } else {
    out += "\\U";
    append_hex(out, rune, 8);
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_hex_digit(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

[[noreturn]] void fail_number(const char* function, std::string_view text, const char* reason) {
  fail(failure_kind::other,
       std::string{"strconv."} + function + ": parsing " + go_quote(text) + ": " + reason);
}

// A number of Go's float grammar, checked, without sign, underscores and 0x.
struct float_shape {
  bool negative = false;
  bool hexadecimal = false;
  bool special = false; // inf, infinity or nan
  std::string digits;
};

// False when `text` is not of the grammar.
bool read_float_shape(std::string_view text, float_shape& shape) {
  std::string_view rest = text;
  const bool sign = !rest.empty() && (rest.front() == '+' || rest.front() == '-');
  if (sign) {
    shape.negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  std::string lowered;
  for (const char c : rest) lowered += lower(c);
  if (lowered == "inf" || lowered == "infinity" || (lowered == "nan" && !sign)) {
    shape.special = true;
    shape.digits = std::move(lowered);
    return true;
  }
  shape.hexadecimal = lowered.size() >= 2 && lowered[0] == '0' && lowered[1] == 'x';
  std::size_t i = shape.hexadecimal ? 2 : 0;
  const char exponent_mark = shape.hexadecimal ? 'p' : 'e';
  // An underscore stands between two digits; the prefix 0x counts as a digit before it.
  bool after_digit = shape.hexadecimal;
  bool any_digit = false;
  bool point = false;
  bool exponent = false;
  for (; i < lowered.size(); ++i) {
    const char c = lowered[i];
    if (c == '_') {
      const bool digit_follows =
          i + 1 < lowered.size() &&
          (shape.hexadecimal && !exponent ? is_hex_digit(lowered[i + 1]) : is_digit(lowered[i + 1]));
      if (!after_digit || !digit_follows) return false;
      after_digit = false;
      continue;
    }
    if (shape.hexadecimal && !exponent ? is_hex_digit(c) : is_digit(c)) {
      any_digit = after_digit = true;
    } else if (c == '.' && !point && !exponent) {
      point = true;
      after_digit = false;
    } else if (c == exponent_mark && any_digit && !exponent) {
      exponent = true;
      any_digit = after_digit = false; // now of the exponent
      shape.digits += c;
      if (i + 1 < lowered.size() && (lowered[i + 1] == '+' || lowered[i + 1] == '-'))
        shape.digits += lowered[++i];
      continue;
    } else {
      return false;
    }
    shape.digits += c;
  }
  return any_digit && (exponent || !shape.hexadecimal);
}

struct shortest_digits {
  bool negative = false;
  int exponent = 0; // of the first digit: 0 for 1.5
  std::array<char, 24> digits{};
  int count = 0;
};

// `value` is finite.
shortest_digits shortest(double value) {
  std::array<char, 32> text;
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  shortest_digits out;
  const char* p = text.data();
  if (*p == '-') {
    out.negative = true;
    ++p;
  }
  for (; *p != 'e'; ++p)
    if (*p != '.') out.digits[static_cast<std::size_t>(out.count++)] = *p;
  ++p;
  if (*p == '+') ++p;
  std::from_chars(p, result.ptr, out.exponent);
  return out;
}

void append_go_text(std::string& out, const json& value) {
  switch (value.type()) {
  case json::value_t::object: {
    out += "map[";
    bool first = true;
    for (const auto& [key, element] : value.get_ref<const json::object_t&>()) {
      if (!first) out += ' ';
      first = false;
      out += key;
      out += ':';
      append_go_text(out, element);
    }
    out += ']';
    return;
  }
  case json::value_t::array: {
    out += '[';
    bool first = true;
    for (const auto& element : value.get_ref<const json::array_t&>()) {
      if (!first) out += ' ';
      first = false;
      append_go_text(out, element);
    }
    out += ']';
    return;
  }
  case json::value_t::string: out += value.get_ref<const std::string&>(); return;
  case json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; return;
  case json::value_t::number_float: out += go_double(value.get<double>()); return;
  case json::value_t::number_integer: out += std::to_string(value.get<std::int64_t>()); return;
  case json::value_t::number_unsigned: out += std::to_string(value.get<std::uint64_t>()); return;
  default: out += "<nil>"; return;
  }
}

} // namespace

std::string go_text(const json& value) {
  std::string out;
  append_go_text(out, value);
  return out;
}

std::string go_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  const auto parts = shortest(value);
  if (parts.exponent >= -4 && parts.exponent <= 5) return go_decimal(value);
  std::array<char, 32> text;
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  return {text.data(), result.ptr};
}

std::string go_decimal(double value) {
  const auto parts = shortest(value);
  const std::string_view digits{parts.digits.data(), static_cast<std::size_t>(parts.count)};
  std::string out;
  if (parts.negative) out += '-';
  if (parts.exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-parts.exponent - 1), '0');
    out += digits;
    return out;
  }
  const auto integral = static_cast<std::size_t>(parts.exponent) + 1;
  if (digits.size() <= integral) {
    out += digits;
    out.append(integral - digits.size(), '0');
  } else {
    out += digits.substr(0, integral);
    out += '.';
    out += digits.substr(integral);
  }
  return out;
}

std::string go_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(text.front()), 2);
      text.remove_prefix(1);
    } else {
      append_quoted_rune(out, utf8_decode(text, length), '"');
      text.remove_prefix(length);
    }
  }
  out += '"';
  return out;
}

std::string go_quote_rune(char32_t rune) {
  std::string out = "'";
  const bool valid = rune <= 0x10ffff && !(rune >= 0xd800 && rune <= 0xdfff);
  append_quoted_rune(out, valid ? rune : U'\ufffd', '\'');
  out += '\'';
  return out;
}

double go_parse_float(std::string_view text) {
  float_shape shape;
  if (!read_float_shape(text, shape)) fail_number("ParseFloat", text, "invalid syntax");
  double value = 0;
  if (shape.special) {
    value = shape.digits == "nan" ? std::numeric_limits<double>::quiet_NaN()
                                  : std::numeric_limits<double>::infinity();
  } else {
    const char* end = shape.digits.data() + shape.digits.size();
    const auto format = shape.hexadecimal ? std::chars_format::hex : std::chars_format::general;
    if (std::from_chars(shape.digits.data(), end, value, format).ec == std::errc::result_out_of_range) {
      // Too large or too small: strtod tells, and its result is right in both cases.
      value = std::strtod(((shape.hexadecimal ? "0x" : "") + shape.digits).c_str(), nullptr);
      if (std::isinf(value)) fail_number("ParseFloat", text, "value out of range");
    }
  }
  return shape.negative ? -value : value;
}

std::int64_t go_parse_int(std::string_view text, const char* function) {
  std::string_view digits = text;
  // from_chars takes a minus, not a plus.
  if (!digits.empty() && digits.front() == '+') {
    digits.remove_prefix(1);
    if (!digits.empty() && digits.front() == '-') fail_number(function, text, "invalid syntax");
  }
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  if (result.ec == std::errc::invalid_argument || result.ptr != end)
    fail_number(function, text, "invalid syntax");
  if (result.ec != std::errc{}) fail_number(function, text, "value out of range");
  return value;
}

const char* go_type(const json& value) {
  switch (value.type()) {
  case json::value_t::object: return "map[string]interface {}";
  case json::value_t::array: return "[]interface {}";
  case json::value_t::string: return "string";
  case json::value_t::boolean: return "bool";
  case json::value_t::number_float:
  case json::value_t::number_integer:
  case json::value_t::number_unsigned: return "float64";
  default: return "<nil>";
  }
}

} // namespace argosy
