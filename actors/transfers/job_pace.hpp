#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "actors/transfers/autotuner.hpp"
#include "actors/transfers/pace_memory.hpp"
#include "backends/rate_limiter.hpp"

namespace argosy {

/// How many things of one kind run at once, and why.
struct pace_figure {
  std::int64_t value = 1;
  std::string reason;
};

/// How much one job does at once, and how fast: as its options say, as job/set changes it, or, where nobody
/// set anything, as autotuning finds. Thread-safe.
class job_pace {
public:
  /// What a figure begins with. `most` bounds autotuning, 0: the option decides alone; `found` is what it
  /// found before for the same remotes, 0: nothing.
  struct start {
    std::int64_t option = 1, most = 0, found = 0;
  };
  struct view {
    pace_figure transfers, checkers;
    std::int64_t bandwidth = -1; ///< bytes per second; -1: no limit of its own
  };
  using clock = std::function<std::chrono::nanoseconds()>;

  /// `outer`, the limit of the process, outlives it.
  job_pace(start transfers, start checkers, byte_throttle& outer, clock time = steady);

  // -- the plan
  std::int64_t transfers() const;
  std::int64_t checkers() const;
  /// The options changed: in force for what was neither set by hand nor tuned.
  void follow(std::optional<std::int64_t> transfers, std::optional<std::int64_t> checkers);
  /// Whether there is more to do than runs now.
  void waiting(bool copies, bool checks) noexcept;
  /// Called, on any thread, after a figure changed; empty: nobody.
  void when_changed(std::function<void()> call);

  // -- threads that work
  void passed(std::uint64_t bytes) noexcept;
  void transferred() noexcept;
  void checked() noexcept;
  /// A remote was busy or failed for the moment.
  void slowed() noexcept;
  /// The limit for payload: that of this job within that of the process.
  byte_throttle& throttle() noexcept { return throttle_; }

  // -- job/set
  /// From 1; 0 gives the figure back to options or tuning.
  void set_transfers(std::int64_t value);
  void set_checkers(std::int64_t value);
  /// Bytes per second; not positive: no limit.
  void set_bandwidth(std::int64_t rate);
  view now() const;
  /// For the next job of the same remotes; 0 where nothing was tuned.
  pace_memory::found found() const;

  static std::chrono::nanoseconds steady();

private:
  struct side {
    std::int64_t option = 1;
    std::optional<std::int64_t> by_hand;
    std::optional<autotuner> tuned;
    double seen = 0; // work at the last look
    std::int64_t value() const;
    pace_figure figure() const;
  };
  static side begin(const start& from);
  void look() noexcept;
  bool look(std::chrono::nanoseconds moment);
  void set(side& which, std::int64_t value);
  void tell();

  const clock clock_;
  nested_throttle throttle_;
  std::atomic<std::uint64_t> bytes_{0}, files_{0}, checks_{0}, slowdowns_{0};
  std::atomic<bool> copies_wait_{false}, checks_wait_{false};
  std::atomic<std::chrono::nanoseconds> looked_;
  mutable std::mutex mutex_;
  side transfers_, checkers_;
  std::function<void()> changed_;
};

} // namespace argosy
