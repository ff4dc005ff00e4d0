#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "metrics/http_status.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// Process-wide totals under rclone's names (rc-surface 2.13). Counters only ever rise: dropping a stats
/// group does not touch them. Any thread may increment (6 ns).
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
  prometheus::Family<prometheus::Counter>&
      jobs;                         // argosy_job_finished_total{outcome}: success, error, cancelled
  prometheus::Gauge& jobs_running;  // argosy_jobs{state="running"}
  prometheus::Gauge& jobs_finished; // argosy_jobs{state="finished"}: kept records
};

/// The scrapes themselves, under the names of Go's handler, which existing dashboards know.
struct scrape_probe {
  explicit scrape_probe(prometheus::Registry& registry);
  prometheus::Counter& answered; // promhttp_metric_handler_requests_total{code="200"}
  prometheus::Counter& failed;   // {code="500"}
  prometheus::Counter& refused;  // {code="503"}
  prometheus::Gauge& in_flight;  // promhttp_metric_handler_requests_in_flight
};

class label_memory;

/// One prometheus registry and the collectors of figures that are read at scrape time: go_* and process_*
/// under the names of Go's client library, argosy_actors{kind}, argosy_threads{kind},
/// argosy_connections{remote,state}, argosy_sockets{remote,state}, argosy_mailbox_*{kind},
/// argosy_actor_idle_seconds, argosy_orphaned_resources and argosy_overdue_resources{resource},
/// argosy_filesystem_*{folder}, argosy_resources{resource} and its argosy_resources_entered_total,
/// argosy_heap_*_bytes, argosy_fds{type}, argosy_children, argosy_stats_groups, argosy_cached_remotes,
/// argosy_build_info{version}. Thread-safe.
class metrics_registry {
public:
  /// A kind, remote or state that was on the page stays there with 0 when its last member is gone, so that
  /// graphs have no gaps. At most so many are remembered; those gone longest are forgotten first.
  static constexpr std::size_t remembered_label_sets = 1000;

  explicit metrics_registry(const ledger& book);
  ~metrics_registry();
  prometheus::Registry& registry() { return registry_; }
  transfer_probe& transfers() { return transfers_; }
  life_probe& life() { return life_; }
  scrape_probe& scrapes() { return scrapes_; }
  http_status_counter& answers() { return answers_; }
  /// Duration of one core/gc, in seconds: feeds go_gc_duration_seconds and go_memstats_last_gc_time_seconds.
  void observe_release(double seconds);
  /// Threads that run actors: go_sched_gomaxprocs_threads. Until told, the number of processors.
  void scheduler_threads(std::size_t count) { scheduler_threads_ = count; }
  /// Folders whose file systems are on the page, by a name of ours: "cache". Before the first text().
  void folders(std::map<std::string, std::string> paths) { folders_ = std::move(paths); }
  /// The page in Prometheus' text format 0.0.4. Reads /proc and the allocator: about 1 ms; not on an HTTP
  /// thread.
  std::string text() const;

private:
  const ledger& book_;
  prometheus::Registry registry_;
  transfer_probe transfers_;
  life_probe life_;
  scrape_probe scrapes_;
  http_status_counter answers_;
  std::atomic<std::size_t> scheduler_threads_;
  struct releases;
  std::unique_ptr<releases> releases_;
  std::unique_ptr<label_memory> labels_;
  std::map<std::string, std::string> folders_;
};

} // namespace argosy
