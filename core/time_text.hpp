#pragma once

#include <cstdint>
#include <string>

namespace argosy {

/// Nanoseconds since 1970-01-01T00:00:00Z. The range is that of int64: years 1677 to 2262.
using nanoseconds = std::int64_t;

/// The present moment by the wall clock.
nanoseconds now();

/// Go's RFC3339Nano: local zone of the process (or "Z" in UTC), decimals only as far as needed.
std::string format_rfc3339_nano(nanoseconds time);

/// RFC3339 with a fixed number of decimals, 0 to 9, in the local zone (rc-surface 1.9.1).
std::string format_rfc3339(nanoseconds time, int decimals);

/// How many decimals a remote of this precision (nanoseconds) shows: 9 for <= 1 ns ... 0 from 1 s upward (1.9.1).
int decimals_of_precision(nanoseconds precision);

/// Parses RFC3339 with optional decimals. Throws failure(other).
nanoseconds parse_rfc3339(const std::string& text);

/// Go's zero time, which job/status shows as endTime while a job runs.
inline constexpr const char* zero_time_text = "0001-01-01T00:00:00Z";

} // namespace argosy
