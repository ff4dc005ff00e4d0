#include "core/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr std::size_t max_depth = 10000; // encoding/json's own limit

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

// Bytes that end a run of plain characters inside a string literal being read.
constexpr std::array<bool, 256> make_read_stops() {
  std::array<bool, 256> stops{};
  for (std::size_t c = 0; c < 256; ++c) stops[c] = c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
  return stops;
}
constexpr auto read_stops = make_read_stops();

// The same for a literal being written; 0x7f is plain.
constexpr std::array<bool, 256> make_write_stops() {
  std::array<bool, 256> stops = make_read_stops();
  for (const char c : {'<', '>', '&'}) stops[static_cast<unsigned char>(c)] = true;
  return stops;
}
constexpr auto write_stops = make_write_stops();

class reader {
public:
  explicit reader(std::string_view text) : begin_(text.data()), p_(begin_), end_(begin_ + text.size()) {}

  json read() {
    json root;
    skip_space();
    if (p_ == end_) fail(failure_kind::bad_parameter, "EOF");
    json* slot = &root;
    while (true) {
      // A bracket that holds something opens a level, and its first value comes next.
      if (*p_ == '{') {
        slot = open_object(*slot);
        if (slot != nullptr) continue;
      } else if (*p_ == '[') {
        slot = open_array(*slot);
        if (slot != nullptr) continue;
      } else {
        read_scalar(*slot);
      }
      slot = next_slot();
      if (slot == nullptr) break;
    }
    if (!range_error_.empty() && !root.is_number())
      fail(failure_kind::bad_parameter,
           "json: cannot unmarshal number " + range_error_ + " into Go value of type float64");
    return root;
  }

  std::size_t consumed() const { return static_cast<std::size_t>(p_ - begin_); }

private:
  [[noreturn]] static void fail_end() { fail(failure_kind::bad_parameter, "unexpected EOF"); }

  // The byte at the reading position does not fit. encoding/json shows it as the code point of the same
  // number.
  [[noreturn]] void fail_here(const std::string& context) const {
    if (p_ == end_) fail_end();
    fail(failure_kind::bad_parameter,
         "invalid character " + go_quote_rune(static_cast<unsigned char>(*p_)) + " " + context);
  }

  void skip_space() {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
  }

  void skip_space_before_more() {
    skip_space();
    if (p_ == end_) fail_end();
  }

  void push(json& container) {
    if (open_.size() == max_depth) fail_here("exceeded max depth");
    open_.push_back(&container);
    ++p_;
    skip_space_before_more();
  }

  // Null when the object is empty.
  json* open_object(json& slot) {
    slot = json::object();
    push(slot);
    if (*p_ == '}') return close();
    return read_key(slot);
  }

  json* open_array(json& slot) {
    slot = json::array();
    push(slot);
    if (*p_ == ']') return close();
    return &slot.get_ref<json::array_t&>().emplace_back();
  }

  json* close() {
    ++p_;
    open_.pop_back();
    return nullptr;
  }

  // The key, the colon and the space up to the value.
  json* read_key(json& object) {
    if (*p_ != '"') fail_here("looking for beginning of object key string");
    std::string key;
    read_string(key);
    skip_space();
    if (p_ == end_ || *p_ != ':') fail_here("after object key");
    ++p_;
    skip_space_before_more();
    return &object.get_ref<json::object_t&>()[std::move(key)];
  }

  // After a complete value: where the next one goes, null at the end of the outermost one.
  json* next_slot() {
    while (!open_.empty()) {
      json& container = *open_.back();
      skip_space_before_more();
      if (container.is_array()) {
        if (*p_ == ',') {
          ++p_;
          skip_space_before_more();
          return &container.get_ref<json::array_t&>().emplace_back();
        }
        if (*p_ != ']') fail_here("after array element");
      } else {
        if (*p_ == ',') {
          ++p_;
          skip_space_before_more();
          return read_key(container);
        }
        if (*p_ != '}') fail_here("after object key:value pair");
      }
      close();
    }
    return nullptr;
  }

  void read_scalar(json& slot) {
    switch (*p_) {
    case '"': {
      std::string text;
      read_string(text);
      slot = std::move(text);
      return;
    }
    case 't':
      read_literal("true");
      slot = true;
      return;
    case 'f':
      read_literal("false");
      slot = false;
      return;
    case 'n':
      read_literal("null");
      slot = nullptr;
      return;
    default: break;
    }
    if (*p_ != '-' && !at_digit()) fail_here("looking for beginning of value");
    slot = read_number();
  }

  void read_literal(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i, ++p_) {
      if (p_ == end_ || *p_ != name[i])
        fail_here("in literal " + std::string{name} + " (expecting '" + name[i] + "')");
    }
  }

  bool at_digit() const { return p_ != end_ && *p_ >= '0' && *p_ <= '9'; }

  void skip_digits() {
    while (at_digit()) ++p_;
  }

  double read_number() {
    const char* start = p_;
    if (*p_ == '-') ++p_;
    if (!at_digit()) fail_here("in numeric literal");
    if (*p_ == '0')
      ++p_;
    else
      skip_digits();
    bool integral = true;
    if (p_ != end_ && *p_ == '.') {
      integral = false;
      ++p_;
      if (!at_digit()) fail_here("after decimal point in numeric literal");
      skip_digits();
    }
    if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
      integral = false;
      ++p_;
      if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!at_digit()) fail_here("in exponent of numeric literal");
      skip_digits();
    }
    // Up to 15 digits are exact as a double; "-0" must stay negative.
    if (integral && p_ - start <= 15 && *start != '-') {
      std::int64_t whole = 0;
      for (const char* digit = start; digit != p_; ++digit) whole = 10 * whole + (*digit - '0');
      return static_cast<double>(whole);
    }
    double value = 0;
    if (std::from_chars(start, p_, value).ec == std::errc::result_out_of_range) {
      const std::string text{start, p_};
      value = std::strtod(text.c_str(), nullptr);
      if (std::isinf(value) && range_error_.empty()) range_error_ = text;
    }
    return value;
  }

  void read_string(std::string& out) {
    ++p_;
    while (true) {
      const char* run = p_;
      while (p_ != end_ && !read_stops[static_cast<unsigned char>(*p_)]) ++p_;
      out.append(run, p_);
      if (p_ == end_) fail_end();
      const auto c = static_cast<unsigned char>(*p_);
      if (c == '"') {
        ++p_;
        return;
      }
      if (c == '\\')
        read_escape(out);
      else if (c < 0x20)
        fail_here("in string literal");
      else
        read_multibyte(out);
    }
  }

  void read_multibyte(std::string& out) {
    const auto length = utf8_length({p_, static_cast<std::size_t>(end_ - p_)});
    if (length == 0) {
      out += replacement;
      ++p_;
    } else {
      out.append(p_, length);
      p_ += length;
    }
  }

  void read_escape(std::string& out) {
    ++p_;
    if (p_ == end_) fail_end();
    switch (*p_) {
    case '"':
    case '\\':
    case '/': out += *p_; break;
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    case 'u': {
      ++p_;
      append_utf8(out, read_unit_pair());
      return;
    }
    default: fail_here("in string escape code");
    }
    ++p_;
  }

  // The code point of the \u escape whose digits come next, with that of a following low surrogate where it
  // needs one.
  char32_t read_unit_pair() {
    const char32_t first = read_unit();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first <= 0xdbff && end_ - p_ >= 2 && p_[0] == '\\' && p_[1] == 'u') {
      const char* second_escape = p_;
      p_ += 2;
      const char32_t second = read_unit();
      if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
      p_ = second_escape;
    }
    return U'\ufffd';
  }

  char32_t read_unit() {
    char32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++p_) {
      const char c = p_ == end_ ? '\0' : *p_;
      if (c >= '0' && c <= '9')
        unit = unit * 16 + static_cast<char32_t>(c - '0');
      else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        unit = unit * 16 + static_cast<char32_t>((c | 0x20) - 'a' + 10);
      else
        fail_here("in \\u hexadecimal character escape");
    }
    return unit;
  }

  const char* begin_;
  const char* p_;
  const char* end_;
  std::vector<json*>
      open_; // the brackets around the reading position; a container never moves while it is open
  std::string range_error_; // the first number that is no double
};

void append_line(std::string& out, int depth) {
  out += '\n';
  out.append(static_cast<std::size_t>(depth), '\t');
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), result.ptr);
}

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
  case '"': out += "\\\""; return;
  case '\\': out += "\\\\"; return;
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  default: break;
  }
  out += "\\u00";
  out += "0123456789abcdef"[c >> 4];
  out += "0123456789abcdef"[c & 0xf];
}

} // namespace

json parse_json(std::string_view text, std::size_t* consumed) {
  reader r{text};
  json value = r.read();
  if (consumed != nullptr) *consumed = r.consumed();
  return value;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  const char* p = text.data();
  const char* const end = p + text.size();
  const char* run = p; // everything from here to p is to be copied
  while (p != end) {
    const auto c = static_cast<unsigned char>(*p);
    if (!write_stops[c]) {
      ++p;
      continue;
    }
    std::size_t length = 1;
    if (c >= 0x80) {
      length = utf8_length({p, static_cast<std::size_t>(end - p)});
      // U+2028 and U+2029 are the two that begin with e2 80 a8 and e2 80 a9.
      const bool separator = length == 3 && c == 0xe2 && p[1] == '\x80' && (p[2] == '\xa8' || p[2] == '\xa9');
      if (length != 0 && !separator) {
        p += length;
        continue;
      }
      out.append(run, p);
      out += length == 0 ? "\\ufffd" : p[2] == '\xa8' ? "\\u2028" : "\\u2029";
      if (length == 0) length = 1;
    } else {
      out.append(run, p);
      append_escape(out, c);
    }
    p += length;
    run = p;
  }
  out.append(run, end);
  out += '"';
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const double size = std::fabs(value);
  // Integers that a double holds exactly, by far the most frequent; -0 is written as such below.
  if (size < 1e15 && value == std::trunc(value) && (value != 0 || !std::signbit(value))) {
    append_integer(out, static_cast<std::int64_t>(value));
    return;
  }
  if (size == 0 || (size >= 1e-6 && size < 1e21)) {
    out += go_decimal(value);
    return;
  }
  std::array<char, 32> text;
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  const std::string_view shortest{text.data(), static_cast<std::size_t>(result.ptr - text.data())};
  // e-07 becomes e-7. An exponent from 1e21 upward has two digits anyway.
  const auto mark = shortest.find("e-0");
  if (mark == std::string_view::npos) {
    out += shortest;
  } else {
    out += shortest.substr(0, mark + 2);
    out += shortest.substr(mark + 3);
  }
}

void append_json(std::string& out, const json& value, int depth) {
  switch (value.type()) {
  case json::value_t::object: {
    const auto& object = value.get_ref<const json::object_t&>();
    if (object.empty()) {
      out += "{}";
      return;
    }
    char before = '{';
    for (const auto& [key, element] : object) {
      out += before;
      before = ',';
      append_line(out, depth + 1);
      append_json_string(out, key);
      out += ": ";
      append_json(out, element, depth + 1);
    }
    append_line(out, depth);
    out += '}';
    return;
  }
  case json::value_t::array: {
    const auto& array = value.get_ref<const json::array_t&>();
    if (array.empty()) {
      out += "[]";
      return;
    }
    char before = '[';
    for (const auto& element : array) {
      out += before;
      before = ',';
      append_line(out, depth + 1);
      append_json(out, element, depth + 1);
    }
    append_line(out, depth);
    out += ']';
    return;
  }
  case json::value_t::string: append_json_string(out, value.get_ref<const std::string&>()); return;
  case json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; return;
  case json::value_t::number_float: append_json_double(out, value.get<double>()); return;
  case json::value_t::number_integer: append_integer(out, value.get<std::int64_t>()); return;
  case json::value_t::number_unsigned: append_integer(out, value.get<std::uint64_t>()); return;
  default: out += "null"; return;
  }
}

std::string json_text(const json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string render_json(const json& value) {
  auto out = json_text(value);
  out += '\n';
  return out;
}

void json_writer::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ": ";
  after_key_ = true;
}

void json_writer::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
}

void json_writer::value(double number) {
  separate();
  append_json_double(out_, number);
}

void json_writer::value(std::int64_t number) {
  separate();
  append_integer(out_, number);
}

void json_writer::value(std::uint64_t number) {
  separate();
  append_integer(out_, number);
}

void json_writer::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
}

void json_writer::value(const json& any) {
  separate();
  append_json(out_, any, depth_);
}

void json_writer::null() {
  separate();
  out_ += "null";
}

void json_writer::raw(std::string_view text) {
  separate();
  // A newline in JSON text is always layout: inside strings it is escaped.
  while (true) {
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) break;
    out_ += text.substr(0, newline);
    append_line(out_, depth_);
    text.remove_prefix(newline + 1);
  }
  out_ += text;
}

void json_writer::begin(char bracket) {
  separate();
  out_ += bracket;
  ++depth_;
  empty_ = true;
}

void json_writer::end(char bracket) {
  --depth_;
  if (!empty_) append_line(out_, depth_);
  out_ += bracket;
  empty_ = false;
}

void json_writer::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == outermost_) return;
  if (!empty_) out_ += ',';
  append_line(out_, depth_);
  empty_ = false;
}

} // namespace argosy
