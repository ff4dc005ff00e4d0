#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace argosy {

/// How often a job may begin its work, and how long it waits before it does so again. Plain values.
struct attempt_rule {
  std::int64_t most = 1;             ///< attempts in all, as rclone counts its --retries
  std::chrono::nanoseconds pause{0}; ///< before the second one; not positive: first_pause

  static constexpr std::chrono::seconds first_pause{1};
  /// Pauses double up to this, or up to `pause` where that is more: a server that is down for an hour is
  /// asked 60 times.
  static constexpr std::chrono::seconds longest_pause{60};

  /// Before attempt `number`, which is at least 2.
  std::chrono::nanoseconds pause_before(std::uint32_t number) const {
    const std::chrono::nanoseconds first = pause.count() > 0 ? pause : first_pause;
    const std::chrono::nanoseconds bound = std::max<std::chrono::nanoseconds>(first, longest_pause);
    auto wait = first;
    for (std::uint32_t i = 2; i < number && wait < bound; ++i) wait = wait < bound / 2 ? wait * 2 : bound;
    return wait;
  }
};

} // namespace argosy
