#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace argosy {

/// What /proc tells of this process. Fields that cannot be read are 0.
struct process_figures {
  double cpu_seconds = 0;
  std::uint64_t open_descriptors = 0, descriptor_limit = 0;
  std::uint64_t resident_bytes = 0, virtual_bytes = 0, virtual_limit_bytes = 0;
  std::uint64_t threads = 0, children = 0;
  double start_time_seconds = 0; ///< since 1970
};
process_figures read_process();

/// Open descriptors by type: file, directory, socket, pipe, eventfd, eventpoll, timerfd, memfd, anon, other. Reads every link of
/// /proc/self/fd: about 0.3 us each.
std::map<std::string, std::uint64_t> read_descriptor_types();

} // namespace argosy
