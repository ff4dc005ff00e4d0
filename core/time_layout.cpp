#include "core/time_layout.hpp"

#include <array>
#include <ctime>
#include <utility>

namespace argosy {

namespace {

constexpr std::int64_t one_second = 1'000'000'000;

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};

// The elements of a layout. Where one begins like another, the longer one stands first.
enum class element {
  long_month,
  month,
  long_week_day,
  week_day,
  zone_name,
  two_digit_month,
  two_digit_day,
  two_digit_hour_12,
  two_digit_minute,
  two_digit_second,
  two_digit_year,
  three_digit_year_day,
  padded_year_day,
  hour,
  year,
  padded_day,
  month_number,
  day,
  hour_12,
  minute,
  second,
  upper_noon,
  lower_noon,
  zone,
};

struct row {
  std::string_view text;
  element what;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 23> named_layouts{
    {{"Layout", "01/02 03:04:05PM '06 -0700"},
     {"ANSIC", "Mon Jan _2 15:04:05 2006"},
     {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
     {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
     {"RFC822", "02 Jan 06 15:04 MST"},
     {"RFC822Z", "02 Jan 06 15:04 -0700"},
     {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
     {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
     {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
     {"RFC3339", "2006-01-02T15:04:05Z07:00"},
     {"RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"},
     {"Kitchen", "3:04PM"},
     {"Stamp", "Jan _2 15:04:05"},
     {"StampMilli", "Jan _2 15:04:05.000"},
     {"StampMicro", "Jan _2 15:04:05.000000"},
     {"StampNano", "Jan _2 15:04:05.000000000"},
     {"DateTime", "2006-01-02 15:04:05"},
     {"DateOnly", "2006-01-02"},
     {"TimeOnly", "15:04:05"},
     {"MacFriendlyTime", "2006-01-02 0304PM"},
     {"macfriendlytime", "2006-01-02 0304PM"},
     {"mac", "2006-01-02 0304PM"},
     {"YYYYMMDD", "20060102"}}};

constexpr row rows[]{
    {"January", element::long_month},
    {"Jan", element::month},
    {"Monday", element::long_week_day},
    {"Mon", element::week_day},
    {"MST", element::zone_name},
    {"002", element::three_digit_year_day},
    {"01", element::two_digit_month},
    {"02", element::two_digit_day},
    {"03", element::two_digit_hour_12},
    {"04", element::two_digit_minute},
    {"05", element::two_digit_second},
    {"06", element::two_digit_year},
    {"15", element::hour},
    {"1", element::month_number},
    {"2006", element::year},
    {"2", element::day},
    {"__2", element::padded_year_day},
    {"_2", element::padded_day},
    {"3", element::hour_12},
    {"4", element::minute},
    {"5", element::second},
    {"PM", element::upper_noon},
    {"pm", element::lower_noon},
    {"-070000", element::zone},
    {"-07:00:00", element::zone},
    {"-0700", element::zone},
    {"-07:00", element::zone},
    {"-07", element::zone},
    {"Z070000", element::zone},
    {"Z07:00:00", element::zone},
    {"Z0700", element::zone},
    {"Z07:00", element::zone},
    {"Z07", element::zone},
};

bool begins_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

const row* element_at(std::string_view layout) {
  // "_2006" is an underscore and a year.
  if (begins_with(layout, "_2006")) return nullptr;
  for (const auto& one : rows) {
    if (!begins_with(layout, one.text)) continue;
    // "Janus" is no month, "Jan." is one.
    const bool name = one.what == element::month || one.what == element::week_day;
    if (name && layout.size() > one.text.size() && layout[one.text.size()] >= 'a' &&
        layout[one.text.size()] <= 'z')
      continue;
    return &one;
  }
  return nullptr;
}

// ".000" or ",999": how many digits, when no further digit follows.
std::size_t decimals_at(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9'))
    return 0;
  std::size_t end = 1;
  while (end < layout.size() && layout[end] == layout[1]) ++end;
  const bool more = end < layout.size() && layout[end] >= '0' && layout[end] <= '9';
  return more ? 0 : end - 1;
}

void append_number(std::string& out, int number, std::size_t width, char fill = '0') {
  auto digits = std::to_string(number < 0 ? -number : number);
  if (number < 0) out += '-';
  if (digits.size() < width) out.append(width - digits.size(), fill);
  out += digits;
}

void append_decimals(std::string& out, std::string_view layout, std::size_t count, int nanosecond) {
  auto digits = std::to_string(one_second + nanosecond).substr(1);
  digits.resize(count, '0');
  if (layout[1] == '9') {
    const auto last = digits.find_last_not_of('0');
    if (last == std::string::npos) return;
    digits.resize(last + 1);
  }
  out += layout[0];
  out += digits;
}

void append_zone(std::string& out, std::string_view form, int offset) {
  if (form.front() == 'Z' && offset == 0) {
    out += 'Z';
    return;
  }
  const int seconds = offset < 0 ? -offset : offset;
  const bool colons = form.find(':') != std::string_view::npos;
  out += offset < 0 ? '-' : '+';
  append_number(out, seconds / 3600, 2);
  if (form.size() == 3) return;
  if (colons) out += ':';
  append_number(out, seconds / 60 % 60, 2);
  if (form.size() < 7) return;
  if (colons) out += ':';
  append_number(out, seconds % 60, 2);
}

int hour_12(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void append_element(std::string& out, const row& wanted, const civil_time& t) {
  switch (wanted.what) {
  case element::long_month: out += month_name(t.month); break;
  case element::month: out += month_name(t.month).substr(0, 3); break;
  case element::long_week_day: out += weekday_name(t.week_day); break;
  case element::week_day: out += weekday_name(t.week_day).substr(0, 3); break;
  case element::zone_name: out += t.zone; break;
  case element::two_digit_month: append_number(out, t.month, 2); break;
  case element::two_digit_day: append_number(out, t.day, 2); break;
  case element::two_digit_hour_12: append_number(out, hour_12(t.hour), 2); break;
  case element::two_digit_minute: append_number(out, t.minute, 2); break;
  case element::two_digit_second: append_number(out, t.second, 2); break;
  case element::two_digit_year: append_number(out, t.year % 100, 2); break;
  case element::three_digit_year_day: append_number(out, t.year_day, 3); break;
  case element::padded_year_day: append_number(out, t.year_day, 3, ' '); break;
  case element::hour: append_number(out, t.hour, 2); break;
  case element::year: append_number(out, t.year, 4); break;
  case element::padded_day: append_number(out, t.day, 2, ' '); break;
  case element::month_number: append_number(out, t.month, 1); break;
  case element::day: append_number(out, t.day, 1); break;
  case element::hour_12: append_number(out, hour_12(t.hour), 1); break;
  case element::minute: append_number(out, t.minute, 1); break;
  case element::second: append_number(out, t.second, 1); break;
  case element::upper_noon: out += t.hour >= 12 ? "PM" : "AM"; break;
  case element::lower_noon: out += t.hour >= 12 ? "pm" : "am"; break;
  case element::zone: append_zone(out, wanted.text, t.offset); break;
  }
}

} // namespace

std::string_view month_name(int month) { return months.at(static_cast<std::size_t>(month - 1)); }
std::string_view weekday_name(int day) { return days.at(static_cast<std::size_t>(day)); }

civil_time civil_of(const zoned_time& time) {
  civil_time out;
  const std::time_t clock = time.at ? floor_div(*time.at, one_second) : civil_time::zero_time;
  // Go shows its zero time in UTC, since it has no zone yet.
  const bool utc = time.utc || !time.at;
  std::tm parts{};
  if (utc)
    gmtime_r(&clock, &parts);
  else
    localtime_r(&clock, &parts);
  out.year = parts.tm_year + 1900;
  out.month = parts.tm_mon + 1;
  out.day = parts.tm_mday;
  out.hour = parts.tm_hour;
  out.minute = parts.tm_min;
  out.second = parts.tm_sec;
  out.year_day = parts.tm_yday + 1;
  out.week_day = parts.tm_wday;
  if (!utc) {
    out.offset = static_cast<int>(parts.tm_gmtoff);
    out.zone = parts.tm_zone;
  }
  if (time.at) out.nanosecond = static_cast<int>(*time.at - floor_div(*time.at, one_second) * one_second);
  return out;
}

std::string format_time(const zoned_time& time, std::string_view layout) {
  const auto civil = civil_of(time);
  std::string out;
  while (!layout.empty()) {
    if (const auto count = decimals_at(layout); count > 0) {
      append_decimals(out, layout, count, civil.nanosecond);
      layout.remove_prefix(count + 1);
    } else if (const auto* const found = element_at(layout)) {
      append_element(out, *found, civil);
      layout.remove_prefix(found->text.size());
    } else {
      out += layout.front();
      layout.remove_prefix(1);
    }
  }
  return out;
}

std::string_view named_layout(std::string_view name) {
  for (const auto& [known, layout] : named_layouts)
    if (name == known) return layout;
  return name;
}

} // namespace argosy
