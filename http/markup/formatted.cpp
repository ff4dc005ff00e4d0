#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "core/go_text.hpp"
#include "core/unicode.hpp"
#include "http/markup/functions.hpp"

namespace argosy::markup {

namespace {

// Wider than any column of a page; Go's own limit is a million.
constexpr int widest = 10'000;

/// What stands between `%` and the verb.
struct directive {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  int width = 0;
  int precision = -1; // none
};

std::size_t length_in_runes(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void append_padded(std::string& out, const directive& d, const std::string& text) {
  const auto length = length_in_runes(text);
  const auto missing =
      static_cast<std::size_t>(d.width) > length ? static_cast<std::size_t>(d.width) - length : 0;
  if (d.minus) {
    out += text;
    out.append(missing, ' ');
  } else {
    out.append(missing, d.zero ? '0' : ' ');
    out += text;
  }
}

// Zeros go between the sign and the digits.
void append_number(std::string& out, const directive& d, bool negative, std::string digits,
                   bool infinite = false) {
  const std::string sign = negative ? "-" : d.plus ? "+" : d.space ? " " : "";
  const auto wanted = static_cast<std::size_t>(d.width);
  if (d.zero && !d.minus && !infinite && sign.size() + digits.size() < wanted)
    digits.insert(0, wanted - sign.size() - digits.size(), '0');
  auto plain = d;
  plain.zero = false;
  append_padded(out, plain, sign + digits);
}

std::string digits_of(std::uint64_t number, unsigned base, bool upper) {
  const char* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  do text.insert(text.begin(), digits[number % base]);
  while ((number /= base) != 0);
  return text;
}

void append_bad_verb(std::string& out, char verb, const value& v) {
  const std::string shown_value = std::holds_alternative<std::monostate>(v) ? "" : "=" + shown(v);
  const auto type = std::holds_alternative<std::monostate>(v) ? "<nil>" : std::string{type_name(v)};
  out.append("%!").append(1, verb).append("(").append(type).append(shown_value).append(")");
}

bool append_integer(std::string& out, directive d, char verb, std::int64_t number) {
  const bool negative = number < 0;
  const auto magnitude =
      negative ? ~static_cast<std::uint64_t>(number) + 1 : static_cast<std::uint64_t>(number);
  std::string digits;
  switch (verb) {
  case 'v':
  case 'd': digits = digits_of(magnitude, 10, false); break;
  case 'b': digits = (d.sharp ? "0b" : "") + digits_of(magnitude, 2, false); break;
  case 'o': digits = (d.sharp ? "0" : "") + digits_of(magnitude, 8, false); break;
  case 'O': digits = "0o" + digits_of(magnitude, 8, false); break;
  case 'x': digits = (d.sharp ? "0x" : "") + digits_of(magnitude, 16, false); break;
  case 'X': digits = (d.sharp ? "0X" : "") + digits_of(magnitude, 16, true); break;
  case 'c':
  case 'q':
  case 'U': {
    const auto rune = number < 0 || number > 0x10ffff ? char32_t{0xfffd} : static_cast<char32_t>(number);
    std::string text;
    if (verb == 'c') append_utf8(text, rune);
    if (verb == 'q') text = go_quote_rune(rune);
    if (verb == 'U') {
      auto code = digits_of(magnitude, 16, true);
      if (code.size() < 4) code.insert(0, 4 - code.size(), '0');
      text = "U+" + code;
    }
    append_padded(out, d, text);
    return true;
  }
  default: return false;
  }
  if (d.precision >= 0) {
    // The precision is a number of digits, and there is no filling with zeros then.
    if (digits.size() < static_cast<std::size_t>(d.precision))
      digits.insert(0, static_cast<std::size_t>(d.precision) - digits.size(), '0');
    d.zero = false;
  }
  append_number(out, d, negative, digits);
  return true;
}

bool append_real(std::string& out, const directive& d, char verb, double number) {
  std::string digits;
  const auto magnitude = number < 0 ? -number : number;
  if (magnitude > std::numeric_limits<double>::max() || magnitude != magnitude) {
    append_number(out, d, number < 0, go_double(magnitude).substr(magnitude == magnitude ? 1 : 0), true);
    return true;
  }
  if ((verb == 'v' || verb == 'g' || verb == 'G') && d.precision < 0) {
    digits = go_double(magnitude);
  } else if (std::string_view{"efgEFGv"}.find(verb) != std::string_view::npos) {
    const char form[]{'%', '.', '*', verb == 'v' ? 'g' : verb == 'F' ? 'f' : verb, 0};
    std::array<char, 512> text{};
    const int precision = std::min(d.precision < 0 ? 6 : d.precision, 100);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::snprintf(text.data(), text.size(), form, precision, magnitude);
#pragma GCC diagnostic pop
    digits = text.data();
  } else {
    return false;
  }
  append_number(out, d, number < 0, digits);
  return true;
}

bool append_text(std::string& out, const directive& d, char verb, std::string text) {
  if (verb != 's' && verb != 'v' && verb != 'q' && verb != 'x' && verb != 'X') return false;
  if (d.precision >= 0) {
    std::size_t end = 0;
    for (int left = d.precision; left > 0 && end < text.size(); --left)
      end += std::max<std::size_t>(1, utf8_length(std::string_view{text}.substr(end)));
    text.resize(end);
  }
  if (verb == 'q') text = go_quote(text);
  if (verb == 'x' || verb == 'X') {
    std::string bytes;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      bytes += digits_of(byte >> 4, 16, verb == 'X') + digits_of(byte & 15, 16, verb == 'X');
    }
    text = std::move(bytes);
  }
  append_padded(out, d, text);
  return true;
}

bool append_value(std::string& out, const directive& d, char verb, const value& v) {
  if (verb == 'T') {
    append_padded(out, d, std::string{type_name(v)});
    return true;
  }
  if (const auto* const truth = std::get_if<bool>(&v)) {
    if (verb != 't' && verb != 'v') return false;
    append_padded(out, d, *truth ? "true" : "false");
    return true;
  }
  if (const auto* const number = std::get_if<std::int64_t>(&v)) return append_integer(out, d, verb, *number);
  if (const auto* const number = std::get_if<double>(&v)) return append_real(out, d, verb, *number);
  if (const auto* const name = std::get_if<named_number>(&v))
    if (std::string_view{"dboOxXcU"}.find(verb) != std::string_view::npos)
      return append_integer(out, d, verb, name->number);
  return append_text(out, d, verb, shown(v));
}

class formatter {
public:
  formatter(std::string_view format, const std::vector<value>& arguments) :
      rest_(format), arguments_(arguments) {}

  std::string run() {
    while (!rest_.empty()) {
      const auto percent = rest_.find('%');
      out_ += rest_.substr(0, percent);
      rest_.remove_prefix(percent == std::string_view::npos ? rest_.size() : percent);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      one();
    }
    if (at_ < arguments_.size()) append_extra();
    return std::move(out_);
  }

private:
  void one() {
    directive d;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_.front() == '-')
        d.minus = true;
      else if (rest_.front() == '+')
        d.plus = true;
      else if (rest_.front() == '#')
        d.sharp = true;
      else if (rest_.front() == ' ')
        d.space = true;
      else if (rest_.front() == '0')
        d.zero = true;
      else
        break;
    }
    d.width = number(d.minus).value_or(0);
    if (!rest_.empty() && rest_.front() == '.') {
      rest_.remove_prefix(1);
      bool negative = false;
      d.precision = number(negative).value_or(0);
      if (negative) d.precision = -1;
    }
    if (d.minus) d.zero = false;
    if (rest_.empty()) {
      out_ += "%!(NOVERB)";
      return;
    }
    const char verb = rest_.front();
    rest_.remove_prefix(1);
    if (verb == '%') {
      out_ += '%';
    } else if (at_ >= arguments_.size()) {
      out_.append("%!").append(1, verb).append("(MISSING)");
    } else {
      const auto& v = arguments_[at_++];
      if (!append_value(out_, d, verb, v)) append_bad_verb(out_, verb, v);
    }
  }

  // Digits, or `*` for an argument; `negative` becomes true when that is below 0.
  std::optional<int> number(bool& negative) {
    if (!rest_.empty() && rest_.front() == '*') {
      rest_.remove_prefix(1);
      const auto given = at_ < arguments_.size() ? integer_of(arguments_[at_++]) : std::nullopt;
      if (!given || *given > widest || *given < -widest) return std::nullopt;
      if (*given < 0) negative = true;
      return static_cast<int>(*given < 0 ? -*given : *given);
    }
    std::optional<int> read;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1))
      read = std::min(widest, read.value_or(0) * 10 + (rest_.front() - '0'));
    return read;
  }

  void append_extra() {
    out_ += "%!(EXTRA ";
    for (auto i = at_; i < arguments_.size(); ++i) {
      if (i > at_) out_ += ", ";
      out_.append(type_name(arguments_[i])).append("=").append(shown(arguments_[i]));
    }
    out_ += ')';
  }

  std::string out_;
  std::string_view rest_;
  const std::vector<value>& arguments_;
  std::size_t at_ = 0;
};

} // namespace

std::string print_formatted(std::string_view format, const std::vector<value>& arguments) {
  return formatter{format, arguments}.run();
}

} // namespace argosy::markup
