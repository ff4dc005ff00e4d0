#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "actors/transfers/job_pace.hpp"
#include "backends/may_block.hpp"
#include "core/cancellation.hpp"
#include "core/failure.hpp"
#include "core/options.hpp"
#include "core/time_text.hpp"

namespace argosy {

/// max_transfer and max_duration of one job, by cutoff_mode (rc-surface 3.6.8): HARD cuts what is under way,
/// SOFT begins nothing more, CAUTIOUS begins nothing that could go beyond. Thread-safe.
class transfer_limits {
public:
  /// `bytes_before`: what the stats group has transferred so far, which counts. `stop` is cancelled when a
  /// hard limit is reached.
  transfer_limits(const main_options& options, std::int64_t bytes_before, cancellation stop,
                  std::function<nanoseconds()> clock = now);

  /// A file of `size` bytes is to begin. Throws failure: fatal for HARD, else no_retry. Each call that
  /// returns is followed by one of end().
  void begin(std::int64_t size);
  /// It ended after `bytes`.
  void end(std::int64_t size, std::int64_t bytes) noexcept;
  /// Payload went through.
  void passed(std::uint64_t bytes) noexcept;
  /// Everything has ended. One that took too long is cut even if nothing was left to do, as in rclone.
  void over();
  /// What cut the job; empty: nothing did.
  failure_info reached() const;

private:
  bool late() const;
  bool hard() const noexcept { return mode_ == cutoff_hard; }
  failure_info reach(const char* text) const;

  const std::int64_t mode_, most_bytes_; // -1: no bound
  const nanoseconds deadline_;           // INT64_MAX: none
  const cancellation stop_;
  const std::function<nanoseconds()> clock_;
  std::atomic<std::int64_t> bytes_, promised_;
  mutable std::mutex mutex_;
  mutable failure_info reached_;
};

/// Those of a job with these options; empty: it has none.
std::shared_ptr<transfer_limits> limits_of(const main_options& options, std::int64_t bytes_before,
                                           const cancellation& stop);

/// Tells a listener what passes, and the limits and the pace of a job as well, which may be null.
class limited_listener final : public progress_listener {
public:
  limited_listener(progress_listener& to, transfer_limits* limits, job_pace* pace) :
      to_(to), limits_(limits), pace_(pace) {}
  void bytes(std::uint64_t count) noexcept override {
    to_.bytes(count);
    if (limits_ != nullptr) limits_->passed(count);
    if (pace_ != nullptr) pace_->passed(count);
  }
  void slowed() noexcept override {
    to_.slowed();
    if (pace_ != nullptr) pace_->slowed();
  }

private:
  progress_listener& to_;
  transfer_limits* limits_;
  job_pace* pace_;
};

} // namespace argosy
