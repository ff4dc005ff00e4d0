#pragma once

#include <string>
#include <string_view>

#include "core/time_text.hpp"

namespace argosy {

/// Go's time.Format in the local zone: the pieces of a layout that stand for something (2006, Jan, _2, 15,
/// PM, .000, Z07:00 ...) become that of `time`, everything else stays.
std::string format_layout(nanoseconds time, std::string_view layout);

/// The layout that rclone knows by a name: those of Go's constants (RFC3339, DateOnly ...), mac and
/// MacFriendlyTime without colons, YYYYMMDD. Another text is a layout itself.
std::string_view named_layout(std::string_view name);

} // namespace argosy
