#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

#include "metrics/profile/profile.hpp"

namespace argosy {

/// Where time is lost by waiting: for each stack how often, and how long. Off unless somebody sets a rate,
/// then it costs a look at a flag. Thread-safe.
class wait_profile {
public:
  /// Different stacks that are kept, so that the profile cannot grow without end; others are left out.
  static constexpr std::size_t most_stacks = 4096;
  enum class sampling {
    by_duration, ///< the rate is nanoseconds of waiting for one sample, as of Go's block profile
    by_event     ///< the rate is how many events there are for one sample, as of Go's mutex profile
  };
  explicit wait_profile(sampling how) : how_(how) {}

  /// 0 and less: off. Gives the one before. What was recorded stays.
  std::int64_t rate(std::int64_t next);
  std::int64_t rate() const noexcept { return rate_.load(std::memory_order_relaxed); }
  bool on() const noexcept { return rate() > 0; }

  /// Somebody waited so many nanoseconds. The figures of those left out by the rate are made up for.
  void record(const call_stack& stack, std::int64_t waited);
  /// Locks; when others hold it already, the wait of this thread is recorded.
  std::unique_lock<std::mutex> lock(std::mutex& what);
  /// `contentions/count` and `delay/nanoseconds`, since the start.
  profile read() const;
  std::size_t stacks() const;

private:
  struct figures {
    double count = 0, waited = 0;
  };
  const sampling how_;
  std::atomic<std::int64_t> rate_{0};
  mutable std::mutex mutex_;
  std::map<call_stack, figures> all_;
};

/// The stack of the caller, for record().
call_stack current_stack();

} // namespace argosy
