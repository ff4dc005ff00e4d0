#include "actors/stats/counters.hpp"

#include <algorithm>
#include <cmath>

#include "actors/defaults.hpp"
#include "actors/stats/delta.hpp"

namespace argosy {

void stats_counters::add(const stats_delta& delta) {
  add_figures(sum_, delta);
  if (delta.errors < 0 && sum_.errors <= 0) {
    sum_.fatal_error = sum_.retry_error = false;
    sum_.last_error.clear();
  }
  // Only so many are kept: of a long batch the head would be dropped again at once.
  const auto batch = delta.completed.size();
  const auto first = batch > defaults::transferred_kept ? batch - defaults::transferred_kept : 0;
  for (auto i = first; i < batch; ++i) {
    completed_.push_back(delta.completed[i]);
    completed_.back().group = name_;
  }
  while (completed_.size() > defaults::transferred_kept) completed_.pop_front();
}

void stats_counters::started(std::shared_ptr<transfer_progress> run, nanoseconds at) {
  if (running_.empty()) running_since_ = at;
  running_.push_back({std::move(run), 0, {}, 0, 0});
}

void stats_counters::finished(const std::shared_ptr<transfer_progress>& run, const stats_delta& delta,
                              nanoseconds at) {
  add(delta);
  for (const auto& r : running_) {
    if (r.progress != run) continue;
    sum_.bytes -= r.forgotten_bytes;
    sum_.transfers -= r.forgotten_transfers;
  }
  running_.erase(
      std::remove_if(running_.begin(), running_.end(), [&](const run_state& r) { return r.progress == run; }),
      running_.end());
  if (running_.empty() && running_since_ != 0) {
    transfer_time_ += at - running_since_;
    running_since_ = 0;
  }
}

std::int64_t stats_counters::live_bytes() const {
  auto bytes = sum_.bytes;
  for (const auto& run : running_) bytes += run.bytes();
  return bytes;
}

void stats_counters::tick() {
  const auto bytes = live_bytes();
  speed_.tick(static_cast<double>(bytes - ticked_bytes_));
  ticked_bytes_ = bytes;
  for (auto& run : running_) {
    const auto total = run.progress->total_bytes();
    run.speed.tick(static_cast<double>(total - run.ticked_bytes));
    run.ticked_bytes = total;
  }
}

std::vector<transfer_record> stats_counters::completed() const {
  std::vector<transfer_record> items{completed_.begin(), completed_.end()};
  // Runs report when they end; what counts is when each file was begun.
  std::stable_sort(items.begin(), items.end(),
                   [](const transfer_record& a, const transfer_record& b) { return a.started < b.started; });
  return items;
}

stats_snapshot stats_counters::snapshot(nanoseconds at) const {
  stats_snapshot s;
  s.bytes = sum_.bytes;
  s.checks = sum_.checks;
  s.transfers = sum_.transfers;
  s.deletes = sum_.deletes;
  s.deleted_dirs = sum_.deleted_dirs;
  s.renames = sum_.renames;
  s.listed = sum_.listed;
  s.errors = sum_.errors;
  s.server_side_copies = sum_.server_side_copies;
  s.server_side_copy_bytes = sum_.server_side_copy_bytes;
  s.server_side_moves = sum_.server_side_moves;
  s.server_side_move_bytes = sum_.server_side_move_bytes;
  s.fatal_error = sum_.fatal_error;
  s.retry_error = sum_.retry_error;
  s.last_error = sum_.last_error;
  s.total_checks = sum_.checks + sum_.queued_checks;
  s.total_transfers = sum_.transfers + sum_.queued_transfers;
  s.total_bytes = sum_.bytes + sum_.queued_bytes;
  for (const auto& run : running_) {
    const auto& progress = *run.progress;
    s.bytes += run.bytes();
    running_transfer item;
    if (progress.checking()) {
      if (progress.current(item)) s.checking.push_back(item.name);
      continue;
    }
    // A run's files stay in the queue figures until its report; what is done of it moves from there to the
    // totals.
    s.transfers += run.transfers();
    if (progress.current(item)) {
      item.group = name_;
      if (const auto lived = static_cast<double>(at - item.started) / 1e9; lived > 0)
        item.speed = static_cast<double>(item.bytes) / lived;
      item.speed_average = run.speed.value();
      s.transferring.push_back(std::move(item));
    }
  }
  s.total_bytes = std::max(s.total_bytes, s.bytes);
  std::sort(s.transferring.begin(), s.transferring.end(),
            [](const running_transfer& a, const running_transfer& b) {
              return a.started != b.started ? a.started < b.started : a.name < b.name;
            });
  s.speed = speed_.value();
  s.elapsed = static_cast<double>(at - born_) / 1e9;
  s.transfer_time =
      static_cast<double>(transfer_time_ + (running_since_ != 0 ? at - running_since_ : 0)) / 1e9;
  return s;
}

void stats_counters::reset(nanoseconds at) {
  const auto queued_transfers = sum_.queued_transfers, queued_bytes = sum_.queued_bytes,
             queued_checks = sum_.queued_checks;
  sum_ = {};
  // What is queued is still to come: only what was counted is forgotten.
  sum_.queued_transfers = queued_transfers;
  sum_.queued_bytes = queued_bytes;
  sum_.queued_checks = queued_checks;
  completed_.clear();
  speed_ = {};
  ticked_bytes_ = 0;
  for (auto& run : running_) {
    run.forgotten_bytes += run.bytes();
    run.forgotten_transfers += run.transfers();
  }
  transfer_time_ = 0;
  born_ = at;
  if (running_since_ != 0) running_since_ = at;
}

void accumulate(stats_snapshot& sum, const stats_snapshot& group) {
  sum.bytes += group.bytes;
  sum.checks += group.checks;
  sum.transfers += group.transfers;
  sum.deletes += group.deletes;
  sum.deleted_dirs += group.deleted_dirs;
  sum.renames += group.renames;
  sum.listed += group.listed;
  sum.errors += group.errors;
  sum.total_bytes += group.total_bytes;
  sum.total_checks += group.total_checks;
  sum.total_transfers += group.total_transfers;
  sum.server_side_copies += group.server_side_copies;
  sum.server_side_copy_bytes += group.server_side_copy_bytes;
  sum.server_side_moves += group.server_side_moves;
  sum.server_side_move_bytes += group.server_side_move_bytes;
  sum.fatal_error |= group.fatal_error;
  sum.retry_error |= group.retry_error;
  if (sum.last_error.empty()) sum.last_error = group.last_error;
  sum.speed += group.speed;
  sum.transfer_time += group.transfer_time;
  sum.transferring.insert(sum.transferring.end(), group.transferring.begin(), group.transferring.end());
  sum.checking.insert(sum.checking.end(), group.checking.begin(), group.checking.end());
}

std::int64_t eta_seconds(std::int64_t done, std::int64_t total, double rate) {
  if (total <= 0 || rate <= 0 || done > total) return -1;
  const auto seconds = static_cast<double>(total - done) / rate;
  return seconds < 9e18 ? static_cast<std::int64_t>(seconds) : -1;
}

} // namespace argosy
