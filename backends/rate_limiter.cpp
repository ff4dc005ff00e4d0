#include "backends/rate_limiter.hpp"

#include <algorithm>

namespace argosy {

namespace {

constexpr double smallest_burst = 4 << 20;           // bytes, rclone's maxBurstSize
constexpr std::chrono::milliseconds longest_nap{50}; // a cancelled wait ends within this

} // namespace

void rate_limiter::set_rate(std::int64_t bytes_per_second) {
  std::lock_guard lock{mutex_};
  const auto now = clock::now();
  refill(now);
  let_through_ = std::min(let_through_, asked_);
  filled_ = now;
  rate_ = bytes_per_second > 0 ? bytes_per_second : -1;
  changed_.notify_all();
}

std::int64_t rate_limiter::rate() const noexcept { return rate_.load(std::memory_order_relaxed); }

void rate_limiter::refill(clock::time_point now) {
  const auto rate = static_cast<double>(rate_.load(std::memory_order_relaxed));
  if (rate < 0) {
    let_through_ = asked_;
  } else {
    const std::chrono::duration<double> elapsed = now - filled_;
    const auto burst = std::max(rate / 64, smallest_burst);
    let_through_ = std::min(let_through_ + rate * elapsed.count(), asked_ + burst);
  }
  filled_ = now;
}

void rate_limiter::pass(std::uint64_t count, const cancellation& stop) {
  if (rate_.load(std::memory_order_relaxed) < 0) return;
  std::unique_lock lock{mutex_};
  refill(clock::now());
  const auto bytes = static_cast<double>(count);
  asked_ += bytes;
  const auto turn = asked_;
  while (let_through_ < turn) {
    if (stop.cancelled()) {
      // What this one will not use goes to those behind it.
      let_through_ += std::min(bytes, turn - let_through_);
      changed_.notify_all();
      return;
    }
    const auto rate = static_cast<double>(rate_.load(std::memory_order_relaxed));
    const std::chrono::duration<double> needed{rate > 0 ? (turn - let_through_) / rate : 0.0};
    const auto nap = std::chrono::duration_cast<clock::duration>(needed) + std::chrono::microseconds{1};
    changed_.wait_for(lock, std::min<clock::duration>(nap, longest_nap));
    refill(clock::now());
  }
}

} // namespace argosy
