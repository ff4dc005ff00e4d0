#include "core/time_text.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <limits>

#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr std::int64_t second = 1'000'000'000;

// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. The year begins in March here, so that
// the leap day is its last one.
std::int64_t days_since_epoch(std::int64_t year, int month, int day) {
  if (month <= 2) --year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int days_in_month(int year, int month) {
  constexpr std::array<int, 13> days{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month)];
}

void append_number(std::string& out, std::int64_t number, int digits) {
  std::array<char, 10> text;
  for (int i = digits - 1; i >= 0; --i) {
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out.append(text.data(), static_cast<std::size_t>(digits));
}

// "2006-01-02T15:04:05" of the local zone, `decimals` of the nanoseconds, the zone.
std::string format(nanoseconds time, int decimals) {
  std::int64_t seconds = time / second;
  std::int64_t fraction = time % second;
  if (fraction < 0) {
    fraction += second;
    --seconds;
  }
  std::tm local{};
  const std::time_t clock = seconds;
  localtime_r(&clock, &local);
  std::string out;
  out.reserve(35);
  append_number(out, local.tm_year + 1900, 4);
  out += '-';
  append_number(out, local.tm_mon + 1, 2);
  out += '-';
  append_number(out, local.tm_mday, 2);
  out += 'T';
  append_number(out, local.tm_hour, 2);
  out += ':';
  append_number(out, local.tm_min, 2);
  out += ':';
  append_number(out, local.tm_sec, 2);
  if (decimals > 0) {
    for (int i = 9; i > decimals; --i) fraction /= 10;
    out += '.';
    append_number(out, fraction, decimals);
  }
  if (local.tm_gmtoff == 0) {
    out += 'Z';
    return out;
  }
  const std::int64_t minutes = (local.tm_gmtoff < 0 ? -local.tm_gmtoff : local.tm_gmtoff) / 60;
  out += local.tm_gmtoff < 0 ? '-' : '+';
  append_number(out, minutes / 60, 2);
  out += ':';
  append_number(out, minutes % 60, 2);
  return out;
}

// As Go's package time quotes a text: bytes outside printable ASCII as \xNN.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x80 || byte < ' ') {
      out += "\\x";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + '"';
}

class time_parser {
public:
  time_parser(std::string_view text, std::string_view layout) : text_(text), layout_(layout), rest_(text) {}

  moment parse() {
    std::string_view layout = layout_;
    while (!layout.empty()) {
      const std::string_view field = field_at(layout);
      if (field.empty()) {
        skip_literal(layout);
      } else {
        layout.remove_prefix(field.size());
        read_field(field);
      }
    }
    if (!rest_.empty()) fail_with(": extra text: " + quote(rest_));
    if (day_ < 1 || day_ > days_in_month(year_, month_)) fail_with(": day out of range");
    return {utc_seconds(), nanosecond_};
  }

private:
  static std::string_view field_at(std::string_view layout) {
    for (const std::string_view field : {"2006", "01", "02", "15", "04", "05", "Z07:00"})
      if (layout.substr(0, field.size()) == field) return layout.substr(0, field.size());
    return {};
  }

  [[noreturn]] void fail_with(const std::string& reason) const {
    fail(failure_kind::other, "parsing time " + quote(text_) + reason);
  }

  [[noreturn]] void fail_field(std::string_view field) const {
    fail_with(" as " + quote(layout_) + ": cannot parse " + quote(rest_) + " as " + quote(field));
  }

  // The characters up to the next field, as many as stand together. One space of the layout stands for any
  // number.
  void skip_literal(std::string_view& layout) {
    std::size_t size = 1;
    while (size < layout.size() && field_at(layout.substr(size)).empty()) ++size;
    std::string_view literal = layout.substr(0, size);
    layout.remove_prefix(size);
    while (!literal.empty()) {
      if (literal.front() == ' ') {
        if (!rest_.empty() && rest_.front() != ' ') fail_field(literal);
        while (!literal.empty() && literal.front() == ' ') literal.remove_prefix(1);
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
      } else {
        if (rest_.empty() || rest_.front() != literal.front()) fail_field(literal);
        literal.remove_prefix(1);
        rest_.remove_prefix(1);
      }
    }
  }

  bool digit_at(std::size_t i) const { return i < rest_.size() && rest_[i] >= '0' && rest_[i] <= '9'; }

  int take_digits(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) number = 10 * number + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return number;
  }

  int read_two_digits(std::string_view field) {
    if (!digit_at(0) || !digit_at(1)) fail_field(field);
    return take_digits(2);
  }

  void read_field(std::string_view field) {
    if (field == "2006") {
      if (rest_.size() < 4 || !digit_at(0)) fail_field(field);
      if (!digit_at(1) || !digit_at(2) || !digit_at(3)) {
        rest_.remove_prefix(4); // Go up to 1.19 complains about what comes after the four characters
        fail_field(field);
      }
      year_ = take_digits(4);
    } else if (field == "01") {
      month_ = read_two_digits(field);
      if (month_ < 1 || month_ > 12) fail_with(": month out of range");
    } else if (field == "02") {
      day_ = read_two_digits(field);
    } else if (field == "15") {
      // Go takes one digit here although it writes two.
      hour_ = digit_at(0) && !digit_at(1) ? take_digits(1) : read_two_digits(field);
      if (hour_ > 23) fail_with(": hour out of range");
    } else if (field == "04") {
      minute_ = read_two_digits(field);
      if (minute_ > 59) fail_with(": minute out of range");
    } else if (field == "05") {
      second_ = read_two_digits(field);
      if (second_ > 59) fail_with(": second out of range");
      read_decimals();
    } else {
      read_zone(field);
    }
  }

  // Any number of them, after a point or a comma; those beyond the ninth are dropped.
  void read_decimals() {
    if (rest_.empty() || (rest_.front() != '.' && rest_.front() != ',') || !digit_at(1)) return;
    rest_.remove_prefix(1);
    for (int unit = 100'000'000; digit_at(0); unit /= 10) nanosecond_ += take_digits(1) * unit;
  }

  void read_zone(std::string_view field) {
    has_zone_ = true;
    if (!rest_.empty() && rest_.front() == 'Z') {
      rest_.remove_prefix(1);
      return;
    }
    const bool sign = !rest_.empty() && (rest_.front() == '+' || rest_.front() == '-');
    if (!sign || !digit_at(1) || !digit_at(2) || rest_.size() < 6 || rest_[3] != ':' || !digit_at(4) ||
        !digit_at(5))
      fail_field(field);
    const bool west = rest_.front() == '-';
    rest_.remove_prefix(1);
    const int hours = take_digits(2);
    rest_.remove_prefix(1);
    const int minutes = take_digits(2);
    zone_offset_ = (west ? -60 : 60) * (hours * 60 + minutes);
  }

  std::int64_t utc_seconds() const {
    if (!has_zone_) {
      std::tm local{};
      local.tm_year = year_ - 1900;
      local.tm_mon = month_ - 1;
      local.tm_mday = day_;
      local.tm_hour = hour_;
      local.tm_min = minute_;
      local.tm_sec = second_;
      local.tm_isdst = -1;
      return std::mktime(&local);
    }
    return days_since_epoch(year_, month_, day_) * 86400 + hour_ * 3600 + minute_ * 60 + second_ -
           zone_offset_;
  }

  std::string_view text_;
  std::string_view layout_;
  std::string_view rest_; // of text_, not yet read
  int year_ = 0;
  int month_ = 1;
  int day_ = 1;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  int nanosecond_ = 0;
  bool has_zone_ = false;
  int zone_offset_ = 0; // seconds east of Greenwich
};

} // namespace

nanoseconds now() {
  using namespace std::chrono;
  return duration_cast<std::chrono::nanoseconds>(system_clock::now().time_since_epoch()).count();
}

std::string format_rfc3339_nano(nanoseconds time) {
  std::int64_t fraction = time % second;
  if (fraction == 0) return format(time, 0);
  int decimals = 9;
  for (; fraction % 10 == 0; fraction /= 10) --decimals;
  return format(time, decimals);
}

std::string format_rfc3339(nanoseconds time, int decimals) { return format(time, decimals); }

int decimals_of_precision(nanoseconds precision) {
  int decimals = 9;
  for (nanoseconds unit = 1; decimals > 0 && precision > unit; unit *= 10) --decimals;
  return decimals;
}

moment parse_time(std::string_view text, std::string_view layout) {
  return time_parser{text, layout}.parse();
}

nanoseconds parse_rfc3339(std::string_view text) {
  const moment m = parse_time(text, "2006-01-02T15:04:05Z07:00");
  nanoseconds result = 0;
  if (__builtin_mul_overflow(m.seconds, second, &result) ||
      __builtin_add_overflow(result, m.nanosecond, &result))
    fail(failure_kind::other, "parsing time " + quote(text) + ": not between the years 1677 and 2262");
  return result;
}

} // namespace argosy
