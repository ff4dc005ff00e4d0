#include "core/size_suffix.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr std::string_view unit_letters = "kmgtpe"; // each 1024 times the one before

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

double unit_scale(char letter) {
  const auto power = unit_letters.find(lower(letter));
  if (power == std::string_view::npos)
    fail(failure_kind::other, "bad suffix " + go_quote_rune(static_cast<unsigned char>(letter)));
  return std::ldexp(1.0, 10 * (static_cast<int>(power) + 1));
}

} // namespace

std::int64_t parse_size(std::string_view text) {
  if (text.empty()) fail(failure_kind::other, "empty string");
  if (text.size() == 3 && lower(text[0]) == 'o' && lower(text[1]) == 'f' && lower(text[2]) == 'f') return -1;
  const auto from_end = [text](std::size_t i) { return text[text.size() - i]; };
  const char last = from_end(1);
  std::size_t suffix = 1; // its length
  double scale = 1;
  if ((last >= '0' && last <= '9') || last == '.') {
    suffix = 0;
    scale = 1024;
  } else if (lower(last) == 'b') {
    if (text.size() > 2 && from_end(2) == 'i') {
      suffix = 3;
      scale = unit_scale(from_end(3));
    }
  } else if (lower(last) == 'i' && text.size() > 1) {
    suffix = 2;
    scale = unit_scale(from_end(2));
  } else {
    scale = unit_scale(last);
  }
  const auto number = text.substr(0, text.size() - suffix);
  const double value = go_parse_float(number);
  if (value < 0) fail(failure_kind::other, "size can't be negative " + go_quote(number));
  const double bytes = value * scale;
  if (!(bytes < 0x1p63)) return INT64_MIN;
  return static_cast<std::int64_t>(bytes);
}

std::string format_size(std::int64_t bytes) {
  if (bytes < 0) return "off";
  auto scaled = static_cast<double>(bytes);
  std::size_t power = 0;
  for (std::int64_t rest = bytes; rest >= 1024; rest /= 1024) {
    scaled /= 1024;
    ++power;
  }
  std::array<char, 32> text;
  const int decimals = scaled == std::floor(scaled) ? 0 : 3;
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), scaled, std::chars_format::fixed, decimals);
  std::string out{text.data(), result.ptr};
  if (power > 0) {
    out += "KMGTPE"[power - 1];
    out += 'i';
  }
  return out;
}

} // namespace argosy
