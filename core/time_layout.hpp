#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time_text.hpp"

namespace argosy {

/// A moment and the zone that it is shown in. Nothing is Go's zero time, 0001-01-01T00:00:00Z.
struct zoned_time {
  std::optional<nanoseconds> at;
  bool utc = false; ///< else the local zone of the process
};

/// A moment as calendars and clocks show it.
struct civil_time {
  static constexpr std::int64_t zero_time = -62'135'596'800; ///< of Go's zero time: seconds since 1970
  int year = 1, month = 1, day = 1;                          ///< month and day from 1
  int hour = 0, minute = 0, second = 0, nanosecond = 0;
  int year_day = 1; ///< from 1
  int week_day = 1; ///< 0: Sunday
  int offset = 0;   ///< seconds east of UTC
  std::string zone = "UTC";
};

civil_time civil_of(const zoned_time& time);

/// "January"; 1 to 12.
std::string_view month_name(int month);
/// "Sunday"; 0 to 6.
std::string_view weekday_name(int day);

/// Go's time.Format: the elements of `layout` that Go knows (2006, Jan, 02, 15, .000, MST, -07:00, ...) are
/// replaced, everything else stays.
std::string format_time(const zoned_time& time, std::string_view layout);

/// The layout that rclone knows by a name: those of Go's constants (RFC3339, DateOnly ...), mac and
/// MacFriendlyTime without colons, YYYYMMDD. Another text is a layout itself.
std::string_view named_layout(std::string_view name);

/// Division that rounds towards minus infinity. `by` is positive.
constexpr std::int64_t floor_div(std::int64_t number, std::int64_t by) noexcept {
  return number / by - (number % by < 0 ? 1 : 0);
}

} // namespace argosy
