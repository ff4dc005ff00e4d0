#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace argosy {

/// "off": never.
inline constexpr std::int64_t duration_off = INT64_MAX;

/// rclone's durations (rc-surface 2.3.1) in nanoseconds: `off`, Go durations (1h2m3s), a number with d, w, M,
/// y or without a suffix (seconds), an absolute time (meaning `present` minus that). `present` is the wall
/// clock in nanoseconds since 1970. A number with a suffix that does not fit is INT64_MIN, as with Go on
/// amd64; an absolute time is cut to the range. Throws failure(other) with the text of the last form tried,
/// `parsing time "1x" as "2006-01-02": cannot parse "1x" as "2006"`; rc parameters put "parse duration: " in
/// front of it.
std::int64_t parse_duration(std::string_view text, std::int64_t present);

/// rclone's text form (2.3.1): `off`, `1.5y`, `1d`, else Go's `1m30s`, `1.5ms`, `0s`. Negative durations
/// likewise.
std::string format_duration(std::int64_t duration);

} // namespace argosy
