#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace argosy {

/// Nanoseconds since 1970-01-01T00:00:00Z. The range is that of int64: years 1677 to 2262.
using nanoseconds = std::int64_t;

/// The present moment by the wall clock.
nanoseconds now();

/// Go's RFC3339Nano: local zone of the process (or "Z" in UTC), decimals only as far as needed.
std::string format_rfc3339_nano(nanoseconds time);

/// RFC3339 with a fixed number of decimals, 0 to 9, in the local zone (rc-surface 1.9.1).
std::string format_rfc3339(nanoseconds time, int decimals);

/// How many decimals a remote of this precision (nanoseconds) shows: 9 for <= 1 ns ... 0 from 1 s upward
/// (1.9.1).
int decimals_of_precision(nanoseconds precision);

/// A moment of the years 0 to 9999: `nanoseconds` alone do not reach that far.
struct moment {
  std::int64_t seconds = 0; ///< since 1970-01-01T00:00:00Z
  int nanosecond = 0;       ///< 0 to 999,999,999, forward from `seconds`
};

/// Go's time.Parse. `layout` is made of 2006, 01, 02, 15, 04, 05, Z07:00 and other characters, which stand
/// for themselves. Decimals are allowed after the seconds. Without Z07:00 the time is of the local zone.
/// Throws failure(other) with Go's text: `parsing time "x" as "2006-01-02": cannot parse "x" as "2006"`.
moment parse_time(std::string_view text, std::string_view layout);

/// Parses RFC3339 with optional decimals. Throws failure(other), also for a time outside the range of
/// `nanoseconds`.
nanoseconds parse_rfc3339(std::string_view text);

/// Go's zero time, which job/status shows as endTime while a job runs.
inline constexpr const char* zero_time_text = "0001-01-01T00:00:00Z";

} // namespace argosy
