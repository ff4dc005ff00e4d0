#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "actors/stats/progress.hpp"

namespace argosy {

/// rclone's moving average over ticks of one second (rc-surface 3.3): `avg = (current + avg*(p-1))/p`, p
/// grows to 16.
class moving_average {
public:
  void tick(double current) {
    if (period_ < 16) ++period_;
    value_ = (current + value_ * (period_ - 1)) / period_;
  }
  double value() const noexcept { return value_; }

private:
  double value_ = 0;
  int period_ = 0;
};

/// The books of one stats group: plain values, no actor. Times are given from outside.
class stats_counters {
public:
  stats_counters(std::string name, nanoseconds born) : name_(std::move(name)), born_(born) {}

  void add(const stats_delta& delta);
  void started(std::shared_ptr<transfer_progress> run, nanoseconds at);
  void finished(const std::shared_ptr<transfer_progress>& run, const stats_delta& delta, nanoseconds at);
  /// One second went by.
  void tick();
  bool anything_running() const noexcept { return !running_.empty(); }
  stats_snapshot snapshot(nanoseconds at) const;
  /// In the order they were started.
  std::vector<transfer_record> completed() const;
  void reset(nanoseconds at);

private:
  struct run_state {
    std::shared_ptr<transfer_progress> progress;
    std::uint64_t ticked_bytes = 0;
    moving_average speed;
    std::int64_t forgotten_bytes = 0, forgotten_transfers = 0; // what it had done at the last reset
    std::int64_t bytes() const {
      return static_cast<std::int64_t>(progress->total_bytes()) - forgotten_bytes;
    }
    std::int64_t transfers() const {
      return static_cast<std::int64_t>(progress->transferred()) - forgotten_transfers;
    }
  };
  std::int64_t live_bytes() const;
  std::string name_;
  nanoseconds born_;
  stats_delta sum_; // its list of completed items is not used
  std::deque<transfer_record> completed_;
  std::vector<run_state> running_;
  moving_average speed_;
  std::int64_t ticked_bytes_ = 0;
  nanoseconds transfer_time_ = 0; // closed intervals in which something ran
  nanoseconds running_since_ = 0;
};

/// Adds one group's figures to a sum (3.1): numbers are added, flags ORed, lists concatenated, the first
/// error text stays.
void accumulate(stats_snapshot& sum, const stats_snapshot& group);

/// Seconds until `total` is reached, or -1 when that cannot be told (rc-surface 3.3, ETA vectors).
std::int64_t eta_seconds(std::int64_t done, std::int64_t total, double rate);

} // namespace argosy
