#include "core/duration.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/time_text.hpp"

namespace argosy {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = 24 * 3600 * second;

struct unit {
  std::string_view suffix;
  std::int64_t nanoseconds;
};

// The largest first, as the text form wants them.
constexpr std::array<unit, 4> long_units{{{"y", 365 * day}, {"M", 30 * day}, {"w", 7 * day}, {"d", day}}};

constexpr std::array<unit, 8> go_units{{{"ns", 1},
                                        {"us", 1000},
                                        {"\xc2\xb5s", 1000}, // U+00B5, micro sign
                                        {"\xce\xbcs", 1000}, // U+03BC, Greek mu
                                        {"ms", 1'000'000},
                                        {"s", second},
                                        {"m", 60 * second},
                                        {"h", 3600 * second}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Go's time.ParseDuration; nothing when the text is not of that form or beyond the range.
std::optional<std::int64_t> parse_go_duration(std::string_view text) {
  constexpr std::uint64_t limit = std::uint64_t{1} << 63;
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return {};
  std::uint64_t total = 0;
  while (!text.empty()) {
    std::uint64_t whole = 0;
    bool any_digit = false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
      any_digit = true;
      if (whole > limit / 10) return {};
      whole = whole * 10 + static_cast<std::uint64_t>(text.front() - '0');
    }
    std::uint64_t decimals = 0;
    double decimals_scale = 1;
    if (!text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
        any_digit = true;
        if (decimals > limit / 10 - 1) continue; // more digits cannot matter
        decimals = decimals * 10 + static_cast<std::uint64_t>(text.front() - '0');
        decimals_scale *= 10;
      }
    }
    if (!any_digit) return {};
    std::size_t size = 0;
    while (size < text.size() && text[size] != '.' && !is_digit(text[size])) ++size;
    const unit* found = nullptr;
    for (const auto& u : go_units)
      if (u.suffix == text.substr(0, size)) found = &u;
    if (found == nullptr) return {};
    text.remove_prefix(size);
    const auto scale = static_cast<std::uint64_t>(found->nanoseconds);
    if (whole > limit / scale) return {};
    // In this order of operations, which keeps nine decimals of a second exact.
    const double rest = static_cast<double>(decimals) * (static_cast<double>(scale) / decimals_scale);
    total += whole * scale + static_cast<std::uint64_t>(rest);
    if (total > limit) return {};
  }
  if (negative) return static_cast<std::int64_t>(~total + 1);
  if (total == limit) return {};
  return static_cast<std::int64_t>(total);
}

// A number with d, w, M, y or no suffix; nothing when it is not one.
std::optional<std::int64_t> parse_suffixed(std::string_view text) {
  std::int64_t scale = second;
  for (const auto& u : long_units) {
    if (!text.empty() && text.substr(text.size() - 1) == u.suffix) {
      scale = u.nanoseconds;
      text.remove_suffix(1);
      break;
    }
  }
  double number = 0;
  try {
    number = go_parse_float(text) * static_cast<double>(scale);
  } catch (const failure&) {
    return {};
  }
  // What Go's conversion does on amd64 with everything that does not fit, NaN included.
  if (!(number >= -0x1p63 && number < 0x1p63)) return INT64_MIN;
  return static_cast<std::int64_t>(number);
}

std::int64_t since(const moment& then, std::int64_t present) {
  std::int64_t seconds = present / second - then.seconds;
  const std::int64_t rest = present % second - then.nanosecond;
  std::int64_t result = 0;
  if (__builtin_mul_overflow(seconds, second, &result) || __builtin_add_overflow(result, rest, &result))
    return seconds < 0 ? INT64_MIN : INT64_MAX;
  return result;
}

// The unit and what Go prints of a duration below a second: 1.5ms.
std::string format_small(std::uint64_t size) {
  const unit u = size < 1000        ? unit{"ns", 1}
                 : size < 1'000'000 ? unit{"\xc2\xb5s", 1000}
                                    : unit{"ms", 1'000'000};
  return go_decimal(static_cast<double>(size) / static_cast<double>(u.nanoseconds)) + std::string{u.suffix};
}

std::string format_go_duration(std::int64_t value) {
  if (value == 0) return "0s";
  const bool negative = value < 0;
  const std::uint64_t size =
      negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::string out = negative ? "-" : "";
  constexpr auto unit_second = static_cast<std::uint64_t>(second);
  if (size < unit_second) return out + format_small(size);
  const std::uint64_t seconds = size / unit_second;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds >= 60) out += std::to_string(seconds / 60 % 60) + "m";
  out += std::to_string(seconds % 60);
  std::uint64_t fraction = size % unit_second;
  if (fraction != 0) {
    std::string digits = std::to_string(fraction + unit_second);
    digits.front() = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    out += digits;
  }
  return out + "s";
}

} // namespace

std::int64_t parse_duration(std::string_view text, std::int64_t present) {
  if (text == "off") return duration_off;
  if (const auto value = parse_go_duration(text)) return *value;
  if (const auto value = parse_suffixed(text)) return *value;
  for (const auto layout : {"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}) {
    try {
      return since(parse_time(text, layout), present);
    } catch (const failure&) {
      continue; // the text of the last form is the one that counts
    }
  }
  return since(parse_time(text, "2006-01-02"), present);
}

std::string format_duration(std::int64_t duration) {
  if (duration == duration_off) return "off";
  const auto value = static_cast<double>(duration);
  for (const auto& u : long_units) {
    const auto scale = static_cast<double>(u.nanoseconds);
    if (std::fabs(value) >= scale) return go_decimal(value / scale) + std::string{u.suffix};
  }
  return format_go_duration(duration);
}

} // namespace argosy
