#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "backends/may_block.hpp"

namespace argosy {

/// A token bucket over everything that passes (rc-surface 3.5): refilled at the rate, burst max(rate/64, 4
/// MiB), empty when made or changed, so that there is no initial burst. Those that wait pass in the order in
/// which they came. Unlimited costs one atomic read.
class rate_limiter final : public byte_throttle {
public:
  rate_limiter() = default;
  /// Bytes per second; <= 0 is unlimited. Waits under way follow at once. Any thread.
  void set_rate(std::int64_t bytes_per_second);
  /// -1 when unlimited.
  std::int64_t rate() const noexcept;
  void pass(std::uint64_t count, const cancellation& stop) override;
  bool limits() const noexcept override { return rate() > 0; }

private:
  using clock = std::chrono::steady_clock;
  // Lets bytes through for the time since the last call. Under the lock.
  void refill(clock::time_point now);

  std::atomic<std::int64_t> rate_{-1};
  std::mutex mutex_;
  std::condition_variable changed_;
  // Bytes asked for and bytes let through since the beginning. Whoever asks adds to `asked_` and waits until
  // `let_through_` has reached the sum: a queue without nodes. What is let through beyond what was asked is
  // the bucket's content.
  double asked_ = 0;
  double let_through_ = 0;
  clock::time_point filled_{};
};

/// A limit of its own within another one (bwlimit_file within that of a job within bwlimit).
class nested_throttle final : public byte_throttle {
public:
  /// `outer` outlives it; null: there is none.
  nested_throttle(std::int64_t bytes_per_second, byte_throttle* outer) : outer_(outer) {
    own_.set_rate(bytes_per_second);
  }
  /// Of its own, as rate_limiter has them.
  void set_rate(std::int64_t bytes_per_second) { own_.set_rate(bytes_per_second); }
  std::int64_t rate() const noexcept { return own_.rate(); }
  void pass(std::uint64_t count, const cancellation& stop) override {
    own_.pass(count, stop);
    if (outer_ != nullptr) outer_->pass(count, stop);
  }
  bool limits() const noexcept override { return own_.limits() || (outer_ != nullptr && outer_->limits()); }

private:
  rate_limiter own_;
  byte_throttle* outer_;
};

} // namespace argosy
