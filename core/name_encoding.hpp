#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// The "standard" form of names, between the local disk and the API, for every path element (rc-surface 3.8, last table;
/// rclone's encoder.OS on Linux: Slash, Dot, InvalidUtf8? - see there): control characters 0x01-0x1f and 0x7f, `.`, `..`, quoting by U+201B.
/// Both take whole paths with '/' between elements and leave the slashes alone. Fast when nothing has to change.
std::string standard_from_disk(std::string_view path);
std::string disk_from_standard(std::string_view path);
/// True when standard_from_disk would change nothing: the hot paths skip the copy.
bool is_standard(std::string_view path);

} // namespace argosy
