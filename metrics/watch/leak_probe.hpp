#pragma once

#include <map>
#include <string>
#include <vector>

#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "metrics/watch/leak_watch.hpp"
#include "metrics/watch/task_runs.hpp"

namespace argosy {

/// The verdicts, and when tasks ran, on the metrics page: argosy_leak_suspected{resource,kind} (1, or 0 once
/// it was), argosy_leak_growth_per_hour{resource,kind}, argosy_leak_hours_to_limit{resource} while something
/// leaks, argosy_job_last_start_timestamp_seconds{job_kind}, argosy_job_last_end_timestamp_seconds{job_kind}.
/// Used by one thread at a time.
class leak_probe {
public:
  explicit leak_probe(prometheus::Registry& registry);
  /// After a judgement.
  void show(const leak_watch& watch);
  /// Now and then.
  void show(const task_runs& tasks);

private:
  prometheus::Family<prometheus::Gauge>& suspected_;
  prometheus::Family<prometheus::Gauge>& growth_;
  prometheus::Family<prometheus::Gauge>& hours_;
  prometheus::Family<prometheus::Gauge>& last_start_;
  prometheus::Family<prometheus::Gauge>& last_end_;
  std::map<series_id, prometheus::Gauge*> shown_; // suspected now or before
  std::map<std::string, prometheus::Gauge*> hours_shown_;
};

} // namespace argosy
