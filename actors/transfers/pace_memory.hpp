#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace argosy {

/// What autotuning found for pairs of remotes, so that the next job begins with it. Thread-safe; keeps the
/// last few hundred pairs.
class pace_memory {
public:
  struct found {
    std::int64_t transfers = 0, checkers = 0; ///< 0: nothing
  };
  found recall(const std::string& source, const std::string& destination) const;
  void keep(const std::string& source, const std::string& destination, const found& what);

private:
  static constexpr std::size_t most = 500;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::pair<found, std::uint64_t>> pairs_;
  std::uint64_t uses_ = 0;
};

} // namespace argosy
