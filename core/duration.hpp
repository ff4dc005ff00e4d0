#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace argosy {

/// "off": never.
inline constexpr std::int64_t duration_off = INT64_MAX;

/// rclone's durations (rc-surface 2.3.1) in nanoseconds: `off`, Go durations (1h2m3s), a number with d, w, M, y or
/// without a suffix (seconds), an absolute time (meaning `present` minus that). `present` is the wall clock in
/// nanoseconds since 1970. Throws failure(other) "parse duration: ..." style text (without "key" context).
std::int64_t parse_duration(std::string_view text, std::int64_t present);

/// rclone's text form (2.3.1): `off`, `1.5y`, `1d`, else Go's `1m30s`, `0s`.
std::string format_duration(std::int64_t nanoseconds);

} // namespace argosy
