#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "backends/may_block.hpp"

namespace argosy {

/// A token bucket over everything that passes (rc-surface 3.5): refilled at the rate, burst max(rate/64, 4 MiB), empty when made or
/// changed, so that there is no initial burst. Unlimited costs one atomic read.
class rate_limiter final : public byte_throttle {
public:
  rate_limiter() = default;
  /// Bytes per second; <= 0 is unlimited. Waits under way follow at once. Any thread.
  void set_rate(std::int64_t bytes_per_second);
  std::int64_t rate() const noexcept;
  void pass(std::uint64_t count, const cancellation& stop) override;

private:
  std::atomic<std::int64_t> rate_{-1};
  std::mutex mutex_;
  std::condition_variable changed_;
  double tokens_ = 0;
  std::chrono::steady_clock::time_point filled_{};
};

} // namespace argosy
