#pragma once

#include <cstdint>
#include <mutex>

#include "core/options.hpp"

namespace argosy {

/// max_delete and max_delete_size of one job (rc-surface 3.6.5). Thread-safe.
class deletion_limits {
public:
  /// `deletes_before`: what the stats group has deleted so far, which counts.
  deletion_limits(const main_options& options, std::int64_t deletes_before);

  /// A file of `size` bytes, -1 if unknown, is to be deleted. Throws failure(fatal) when one of them forbids
  /// it.
  void admit(std::int64_t size);

private:
  std::mutex mutex_;
  std::int64_t left_, bytes_left_; // -1: no bound
};

} // namespace argosy
