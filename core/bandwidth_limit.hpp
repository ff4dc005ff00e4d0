#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace argosy {

/// Bytes per second each way; -1 is unlimited (0 and `off` in the text).
struct bandwidth_pair {
  std::int64_t upload = -1;
  std::int64_t download = -1;
  bool operator==(const bandwidth_pair& other) const {
    return upload == other.upload && download == other.download;
  }
};

/// From this moment of the week on, that limit.
struct bandwidth_slot {
  int minute_of_week = 0; ///< 0 is Sunday 00:00, local time
  bandwidth_pair limit;
};

/// rclone's --bwlimit grammar (rc-surface 3.5): a plain limit gives one slot; a timetable several, sorted by
/// time; of two slots for the same minute the later one in the text wins. A slot for one day alone is a table
/// with one slot. Throws failure(other) with the reason (the caller puts "bad bwlimit: " in front).
struct bandwidth_timetable {
  std::vector<bandwidth_slot> slots; ///< empty: no limit was given
  static bandwidth_timetable parse(std::string_view text);
  /// The limit in force at that minute of the week (wraps round).
  bandwidth_pair at(int minute_of_week) const;
};

/// `1Mi`, `1Mi:100Ki`, `off` (rc-surface 3.5, the reply's `rate`).
std::string format_bandwidth(const bandwidth_pair& limit);

} // namespace argosy
