#pragma once

#include <map>
#include <string>

#include <sys/stat.h>

#include "core/time_text.hpp"

namespace argosy {

class path_bounds;

/// rclone's metadata of a local file or directory (rc-surface 1.9.1): mode, uid, gid, atime, mtime, btime,
/// rdev, and the user.* extended attributes without that prefix. `follow`: of what a symbolic link points at.
/// Throws failure.
std::map<std::string, std::string> read_file_metadata(const std::string& path, bool follow,
                                                      const path_bounds* within);

/// Gives an open file mode, owner and extended attributes out of such a map; unknown keys are extended
/// attributes. What the operating system refuses (an owner, without privileges) is left as it is, as rclone
/// does. Throws failure for values that cannot be parsed.
void write_file_metadata(int fd, const std::map<std::string, std::string>& metadata);

/// The same from one open file to another, without text between them.
void copy_file_metadata(int from, const struct stat& from_stat, int to);

inline nanoseconds to_nanoseconds(const timespec& t) {
  return static_cast<nanoseconds>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}
/// Before 1970 too: the nanoseconds of a timespec are never negative.
inline timespec to_timespec(nanoseconds t) {
  auto seconds = t / 1'000'000'000;
  auto rest = t % 1'000'000'000;
  if (rest < 0) {
    --seconds;
    rest += 1'000'000'000;
  }
  return {static_cast<time_t>(seconds), static_cast<long>(rest)};
}

} // namespace argosy
