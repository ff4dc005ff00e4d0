#include "core/bandwidth_limit.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/size_suffix.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr int minutes_of_day = 24 * 60;

constexpr std::array<std::string_view, 7> weekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};

std::int64_t parse_side(std::string_view text) {
  const auto bytes = parse_size(text);
  return bytes <= 0 ? -1 : bytes;
}

bandwidth_pair parse_pair(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    const auto both = parse_side(text);
    return {both, both};
  }
  const auto upload = parse_side(text.substr(0, colon));
  return {upload, parse_side(text.substr(colon + 1))};
}

// Minutes since midnight of hh:mm. The separator is not looked at, and a minute out of range is reported with
// the hour: so rclone does.
int parse_clock(std::string_view text) {
  if (text.size() != 5) fail(failure_kind::other, "invalid time specification (hh:mm): " + go_quote(text));
  const auto number = [](std::string_view digits, const std::string& context) {
    try {
      return static_cast<int>(go_parse_int(digits, "Atoi"));
    } catch (const failure& f) {
      throw f.within(context);
    }
  };
  const int hour = number(text.substr(0, 2), "invalid hour in time specification " + go_quote(text));
  const auto shown = [hour] { return go_quote_rune(static_cast<char32_t>(hour)); };
  if (hour < 0 || hour > 23)
    fail(failure_kind::other, "invalid hour (must be between 00 and 23): " + shown());
  const int minute = number(text.substr(3), "invalid minute in time specification: " + go_quote(text));
  if (minute < 0 || minute > 59)
    fail(failure_kind::other, "invalid minute (must be between 00 and 59): " + shown());
  return hour * 60 + minute;
}

int parse_weekday(std::string_view text) {
  const std::string name = to_lower(text);
  for (std::size_t day = 0; day < weekdays.size(); ++day)
    if (name == weekdays[day] || name == weekdays[day].substr(0, 3)) return static_cast<int>(day);
  fail(failure_kind::other, "invalid weekday: " + go_quote(name));
}

void add_slots(std::vector<bandwidth_slot>& slots, std::string_view entry) {
  const auto comma = entry.find(',');
  if (comma == std::string_view::npos || entry.find(',', comma + 1) != std::string_view::npos)
    fail(failure_kind::other, "invalid time/bandwidth specification: " + go_quote(entry));
  const auto when = entry.substr(0, comma);
  const auto hyphen = when.find('-');
  if (hyphen == std::string_view::npos) {
    const int minute = parse_clock(when);
    const auto limit = parse_pair(entry.substr(comma + 1));
    for (int day = 0; day < 7; ++day) slots.push_back({day * minutes_of_day + minute, limit});
    return;
  }
  if (when.find('-', hyphen + 1) != std::string_view::npos)
    fail(failure_kind::other, "invalid time specification: " + go_quote(when));
  const int day = parse_weekday(when.substr(0, hyphen));
  const int minute = parse_clock(when.substr(hyphen + 1));
  slots.push_back({day * minutes_of_day + minute, parse_pair(entry.substr(comma + 1))});
}

} // namespace

bandwidth_timetable bandwidth_timetable::parse(std::string_view text) {
  bandwidth_timetable table;
  if (text.empty()) fail(failure_kind::other, "empty string");
  if (text.find_first_of(" ,") == std::string_view::npos) {
    table.slots.push_back({0, parse_pair(text)});
    return table;
  }
  while (!text.empty()) {
    const auto size = std::min(text.find_first_of(" ;"), text.size());
    if (size > 0) add_slots(table.slots, text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  if (table.slots.empty()) fail(failure_kind::other, "empty string");
  std::stable_sort(table.slots.begin(), table.slots.end(),
                   [](const auto& a, const auto& b) { return a.minute_of_week < b.minute_of_week; });
  return table;
}

bandwidth_pair bandwidth_timetable::at(int minute_of_week) const {
  if (slots.empty()) return {};
  const auto after =
      std::upper_bound(slots.begin(), slots.end(), minute_of_week,
                       [](int minute, const auto& slot) { return minute < slot.minute_of_week; });
  return after == slots.begin() ? slots.back().limit : std::prev(after)->limit;
}

std::string format_bandwidth(const bandwidth_pair& limit) {
  const auto side = [](std::int64_t bytes) { return format_size(bytes <= 0 ? -1 : bytes); };
  if (limit.upload == limit.download) return side(limit.upload);
  return side(limit.upload) + ":" + side(limit.download);
}

} // namespace argosy
