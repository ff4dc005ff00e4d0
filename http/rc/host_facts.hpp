#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What core/version and core/disks say about the machine.
namespace argosy::rc {

/// `debian 12 (64 bit)` from the text of /etc/os-release; without ID `linux (64 bit)`.
std::string os_version(std::string_view os_release, bool is_64_bit);

/// The three numbers of `v1.76.0` or `v1.60.1-DEV`; what is missing is 0.
std::array<int, 3> decompose_version(std::string_view version);

/// What core/disks is made from.
struct disk_sources {
  std::string home;      ///< empty: unknown
  std::string mounts;    ///< text of /proc/self/mounts
  std::string user_dirs; ///< text of user-dirs.dirs
};

/// Places that a person would look for files in (rc-surface 1.4, core/disks): home, `/`, mounts under
/// /run/media, /media and /mnt, then the user's directories. None twice, none with a slash at its end except
/// `/`.
std::vector<std::string> disk_list(const disk_sources& from);

} // namespace argosy::rc
