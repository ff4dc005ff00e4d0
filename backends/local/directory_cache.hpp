#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/local/descriptor.hpp"
#include "backends/may_block.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

class path_bounds;

/// The directories that a session works in at the moment, open, so that the files of a run are reached by
/// their last name only. One is kept no longer than the task that opened it, and no longer than 100 ms: what
/// somebody renames or removes meanwhile must not be written to.
class directory_cache {
public:
  /// Paths are on disk, below `root`, an absolute path. `within` outlives the cache; null: no bounds.
  directory_cache(std::string root, const path_bounds* within);

  /// Descriptor (O_PATH) of a directory, valid until the next call; or -errno. `make`: makes it and its
  /// parents when it is missing; throws failure when that fails. `fresh`: does not trust what is open.
  int get(const may_block& on, std::string_view directory, bool make, bool fresh = false);
  void clear() noexcept { open_.clear(); }
  std::string full(std::string_view path) const;

private:
  using clock = std::chrono::steady_clock;
  struct item {
    std::string directory;
    descriptor fd;
    std::uint64_t task;
    clock::time_point opened;
    ledger::entry entry;
  };
  static constexpr std::size_t capacity = 8;
  std::string root_;
  const path_bounds* within_;
  std::vector<item> open_; // most recently opened last
};

/// mkdir -p. An existing directory is fine. Throws failure `mkdir <path>: ...` naming the element that is in
/// the way.
void make_directories(const std::string& path, const path_bounds* within);

} // namespace argosy
