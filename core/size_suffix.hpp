#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace argosy {

/// rclone's sizes (rc-surface 2.3.2) in bytes; `off` is -1; a bare number counts KiB. Throws failure(other)
/// with rclone's texts
/// (`bad suffix 'q'`, `size can't be negative "-1"`, `empty string`). From 8 EiB on the result is INT64_MIN,
/// as with Go on amd64, which every user of a size takes for `off`.
std::int64_t parse_size(std::string_view text);

/// Text form: `off` if negative, `0`, `102`, `1Ki`, `10.100Gi`.
std::string format_size(std::int64_t bytes);

} // namespace argosy
