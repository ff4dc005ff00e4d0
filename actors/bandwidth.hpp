#pragma once

#include <algorithm>
#include <ctime>
#include <mutex>
#include <optional>

#include "backends/rate_limiter.hpp"
#include "core/bandwidth_limit.hpp"

namespace argosy {

/// Minute of the week in local time, 0 is Sunday 00:00.
inline int minute_of_week(std::time_t moment) {
  std::tm parts{};
  ::localtime_r(&moment, &parts);
  return (parts.tm_wday * 24 + parts.tm_hour) * 60 + parts.tm_min;
}

/// The bandwidth limit of the process (rc-surface 3.5): what is in force each way, and the timetable it comes
/// from, if any. Sets the two token buckets, which outlive it. Thread-safe; never waits.
class bandwidth {
public:
  bandwidth(rate_limiter& upload, rate_limiter& download) : upload_(upload), download_(download) {}

  /// core/bwlimit: in force until the timetable comes to another limit.
  void set(const bandwidth_pair& limit) {
    std::lock_guard<std::mutex> guard{mutex_};
    apply(limit);
  }
  /// --bwlimit and the option of that name. Without slots: unlimited.
  void follow(bandwidth_timetable table, int minute) {
    std::lock_guard<std::mutex> guard{mutex_};
    table_ = std::move(table);
    scheduled_ = due(minute);
    apply(scheduled_);
  }
  /// To be called every minute. A limit that was set by hand stays until the timetable changes its own.
  void tick(int minute) {
    std::lock_guard<std::mutex> guard{mutex_};
    const auto limit = due(minute);
    if (limit == scheduled_) return;
    scheduled_ = limit;
    apply(limit);
  }
  bandwidth_pair current() const {
    std::lock_guard<std::mutex> guard{mutex_};
    return current_;
  }

private:
  bandwidth_pair due(int minute) const { return table_.slots.empty() ? bandwidth_pair{} : table_.at(minute); }
  void apply(const bandwidth_pair& limit) {
    current_ = limit;
    upload_.set_rate(limit.upload);
    download_.set_rate(limit.download);
  }

  rate_limiter& upload_;
  rate_limiter& download_;
  mutable std::mutex mutex_;
  bandwidth_timetable table_;
  bandwidth_pair scheduled_; // the timetable's limit at the last look
  bandwidth_pair current_;
};

/// The limit of one file (bwlimit_file), as the timetable has it when the file begins, within that of its
/// scope. Of a pair the larger counts, as in rclone: both ways pass here.
class file_bandwidth {
public:
  file_bandwidth(const bandwidth_timetable& table, const may_block& on) : throttle_(on.throttle()) {
    if (table.slots.empty()) return;
    const auto limit = table.at(minute_of_week(std::time(nullptr)));
    const auto rate = std::max(limit.upload, limit.download);
    if (rate > 0) throttle_ = &own_.emplace(rate, on.throttle());
  }
  file_bandwidth(const file_bandwidth&) = delete;
  file_bandwidth& operator=(const file_bandwidth&) = delete;
  /// For the scope in which the file's bytes are accounted.
  byte_throttle* throttle() const noexcept { return throttle_; }

private:
  std::optional<nested_throttle> own_;
  byte_throttle* throttle_;
};

} // namespace argosy
