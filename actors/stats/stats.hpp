#pragma once

#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>

#include "actors/actors.hpp"
#include "actors/services.hpp"

namespace argosy {

/// Name of the group for work outside of any call: part of the sum, hidden from core/group-list
/// (rc-surface 3.1).
inline constexpr const char* global_stats = "global_stats";

/// One group. `born` is what elapsedTime counts from.
stats_group_actor spawn_stats_group(caf::actor_system& system, services& with, const std::string& name);

/// The table of groups; `max_groups` is max_stats_groups.
stats_actor spawn_stats(caf::actor_system& system, services& with, std::uint64_t max_groups);

/// Tells a group what happened, and the process-wide counters too. For actors and I/O threads alike; copies
/// are cheap.
class stats_sink {
public:
  stats_sink() = default;
  /// `errors`, if given, is told how many errors were counted here.
  stats_sink(stats_group_actor group, transfer_probe& totals,
             std::shared_ptr<std::atomic<std::int64_t>> errors = {}) :
      group_(std::move(group)),
      totals_(&totals), errors_(std::move(errors)) {}
  /// Bytes and transfers of runs are counted by their transfer_progress already: `counted` says so.
  void add(stats_delta delta) const;
  void started(const std::shared_ptr<transfer_progress>& run) const;
  void finished(const std::shared_ptr<transfer_progress>& run, stats_delta delta) const;
  transfer_probe& totals() const { return *totals_; }

private:
  void count(const stats_delta& delta) const;
  stats_group_actor group_;
  transfer_probe* totals_ = nullptr;
  std::shared_ptr<std::atomic<std::int64_t>> errors_;
};

} // namespace argosy
