#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include "metrics/ledger.hpp"

namespace argosy {

/// Process-wide totals under rclone's names (rc-surface 2.13). Counters only ever rise: dropping a stats group does not
/// touch them. Any thread may increment (6 ns).
struct transfer_probe {
  explicit transfer_probe(prometheus::Registry& registry);
  prometheus::Counter& bytes;        // rclone_bytes_transferred_total
  prometheus::Counter& errors;       // rclone_errors_total
  prometheus::Counter& checks;       // rclone_checked_files_total
  prometheus::Counter& transfers;    // rclone_files_transferred_total
  prometheus::Counter& deletes;      // rclone_files_deleted_total
  prometheus::Counter& deleted_dirs; // rclone_dirs_deleted_total
  prometheus::Counter& renames;      // rclone_files_renamed_total
  prometheus::Counter& listed;       // rclone_entries_listed_total
  prometheus::Gauge& speed;          // rclone_speed, bytes/s
  prometheus::Gauge& fatal_error;    // rclone_fatal_error, 0 or 1
  prometheus::Gauge& retry_error;    // rclone_retry_error, 0 or 1
};

/// The life of actors and jobs, beside the ledger's live counts.
struct life_probe {
  explicit life_probe(prometheus::Registry& registry);
  prometheus::Family<prometheus::Counter>& spawned; // argosy_actor_spawned_total{kind}
  prometheus::Family<prometheus::Counter>& ended;   // argosy_actor_ended_total{kind,reason}: normal, error
  prometheus::Family<prometheus::Counter>& jobs;    // argosy_job_finished_total{outcome}: success, error, cancelled
  prometheus::Gauge& jobs_running;                  // argosy_jobs{state="running"}
  prometheus::Gauge& jobs_finished;                 // argosy_jobs{state="finished"}: kept records
  prometheus::Family<prometheus::Gauge>& mailbox;   // argosy_mailbox_messages{kind}
};

/// One prometheus registry and the collectors of figures that are read at scrape time: go_*, process_* (names of leak-monitoring B5), argosy_actors{kind},
/// argosy_connections{remote,state}, argosy_heap_*_bytes, argosy_fds{type}, argosy_threads and the rest of the ledger. Thread-safe.
class metrics_registry {
public:
  explicit metrics_registry(const ledger& book);
  ~metrics_registry();
  prometheus::Registry& registry() { return registry_; }
  transfer_probe& transfers() { return transfers_; }
  life_probe& life() { return life_; }
  /// Duration of one core/gc, in seconds: feeds go_gc_duration_seconds.
  void observe_release(double seconds);
  /// The page in Prometheus' text format 0.0.4. Reads /proc and the allocator: about 1 ms; not on an HTTP thread.
  std::string text() const;

private:
  const ledger& book_;
  prometheus::Registry registry_;
  transfer_probe transfers_;
  life_probe life_;
  struct releases;
  std::unique_ptr<releases> releases_;
};

} // namespace argosy
