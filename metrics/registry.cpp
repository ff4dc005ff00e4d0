#include "metrics/registry.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "core/time_text.hpp"
#include "metrics/ledger_page.hpp"
#include "metrics/memory.hpp"
#include "metrics/page.hpp"
#include "metrics/process.hpp"

namespace argosy {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using prometheus::Registry;

prometheus::Family<prometheus::Counter>& counters(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
prometheus::Counter& counter(Registry& registry, const char* name, const char* help) {
  return counters(registry, name, help).Add({});
}
prometheus::Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return gauges(registry, name, help).Add({});
}

constexpr const char* scrapes_name = "promhttp_metric_handler_requests_total";
constexpr const char* scrapes_help = "Scrapes answered, by HTTP status.";
constexpr const char* jobs_name = "argosy_jobs";
constexpr const char* jobs_help = "Jobs that run, and records of finished ones that are still kept.";

void add_process(metrics_page& p, const process_figures& f) {
  p.counter("process_cpu_seconds_total", "Processor time of this process, user and system.", f.cpu_seconds);
  p.gauge("process_open_fds", "Descriptors open in this process.", f.open_descriptors);
  p.gauge("process_max_fds", "Descriptors that this process may have open.", f.descriptor_limit);
  p.gauge("process_resident_memory_bytes", "Physical memory of this process.", f.resident_bytes);
  p.gauge("process_virtual_memory_bytes", "Address space of this process.", f.virtual_bytes);
  p.gauge("process_virtual_memory_max_bytes", "Address space that this process may have; 2^64-1 is no limit.",
          f.virtual_limit_bytes);
  p.gauge("process_start_time_seconds", "When this process began, since 1970.", f.start_time_seconds);
  p.counter("process_network_receive_bytes_total",
            "Bytes that arrived by IP, for all processes in the network namespace.",
            f.network_received_bytes);
  p.counter("process_network_transmit_bytes_total",
            "Bytes that were sent by IP, by all processes in the network namespace.", f.network_sent_bytes);
  p.gauge("go_threads", "Threads of the operating system in this process.", f.threads);
  p.gauge("argosy_children", "Child processes not yet waited for.", f.children);
}

void add_memory(metrics_page& p, const memory_figures& m) {
  p.gauge("go_memstats_alloc_bytes", "Bytes handed out by the allocator and not given back.", m.alloc);
  p.counter("go_memstats_alloc_bytes_total", "Bytes handed out by the allocator since the start.",
            m.total_alloc);
  p.gauge("go_memstats_sys_bytes", "Address space obtained for all purposes: the sum of the sys figures.",
          m.sys);
  p.counter("go_memstats_lookups_total", "Pointer look-ups of a garbage collector: none here.",
            std::uint64_t{0});
  p.counter("go_memstats_mallocs_total", "Allocations since the start.", m.mallocs);
  p.counter("go_memstats_frees_total", "Blocks given back since the start.", m.frees);
  p.gauge("go_memstats_heap_alloc_bytes", "The same as go_memstats_alloc_bytes.", m.heap_alloc);
  p.gauge("go_memstats_heap_sys_bytes", "Address space of the heap, in use or idle.", m.heap_sys);
  p.gauge("go_memstats_heap_idle_bytes", "Heap pages without anything live in them.", m.heap_idle);
  p.gauge("go_memstats_heap_inuse_bytes", "Heap pages with something live in them.", m.heap_inuse);
  p.gauge("go_memstats_heap_released_bytes", "Idle heap pages whose memory was given back to the system.",
          m.heap_released);
  p.gauge("go_memstats_heap_objects", "Live blocks.", m.heap_objects);
  p.gauge("go_memstats_stack_inuse_bytes", "Stacks of threads: what is in memory.", m.stack_inuse);
  p.gauge("go_memstats_stack_sys_bytes", "Stacks of threads: address space.", m.stack_sys);
  p.gauge("go_memstats_mspan_inuse_bytes", "The allocator's tables of pages.", m.mspan_inuse);
  p.gauge("go_memstats_mspan_sys_bytes", "The allocator's tables of pages.", m.mspan_sys);
  p.gauge("go_memstats_mcache_inuse_bytes", "Free blocks in the caches of threads.", m.mcache_inuse);
  p.gauge("go_memstats_mcache_sys_bytes", "Free blocks in the caches of threads.", m.mcache_sys);
  p.gauge("go_memstats_buck_hash_sys_bytes", "Tables of the heap profiler, where they are counted apart.",
          m.buck_hash_sys);
  p.gauge("go_memstats_gc_sys_bytes", "Objects of the allocator itself.", m.gc_sys);
  p.gauge("go_memstats_other_sys_bytes", "Whatever else was obtained from the system.", m.other_sys);
  p.gauge("go_memstats_next_gc_bytes",
          "Heap size at which memory would be collected: 0, there is no collector.", std::uint64_t{0});
}

void add_heap(metrics_page& p, const heap_figures& h) {
  p.gauge("argosy_heap_live_bytes", "Heap: handed out and not given back. The figure to judge leaks by.",
          h.live);
  p.gauge("argosy_heap_resident_bytes", "Heap: in physical memory, the allocator's own tables included.",
          h.resident);
  p.gauge("argosy_heap_retained_bytes", "Heap: address space kept without memory behind it.", h.retained);
  p.gauge("argosy_heap_fragmentation_bytes", "Heap: resident without being live.", h.fragmentation);
}

// Not by path: those who watch many daemons want to compare them.
void add_folders(metrics_page& p, const std::map<std::string, std::string>& folders) {
  sample_counts size, free, inodes, free_inodes;
  for (const auto& [name, path] : folders)
    if (const auto f = read_file_system(path)) {
      size[{name}] = f->bytes;
      free[{name}] = f->free_bytes;
      inodes[{name}] = f->inodes;
      free_inodes[{name}] = f->free_inodes;
    }
  const auto add = [&](const char* name, const char* help, const sample_counts& samples) {
    p.by_label(name, help, MetricType::Gauge, {"folder"}, samples);
  };
  add("argosy_filesystem_size_bytes", "Size of the file system that the folder is on.", size);
  add("argosy_filesystem_free_bytes", "What of it this daemon may still use.", free);
  add("argosy_filesystem_inodes", "Files that the file system has room for; 0: as many as fit.", inodes);
  add("argosy_filesystem_free_inodes", "How many more files it has room for.", free_inodes);
}

} // namespace

transfer_probe::transfer_probe(Registry& r) :
    bytes(counter(r, "rclone_bytes_transferred_total", "Bytes transferred by all jobs since the start.")),
    errors(counter(r, "rclone_errors_total", "Errors met since the start.")),
    checks(counter(r, "rclone_checked_files_total", "Files compared with their counterpart.")),
    transfers(counter(r, "rclone_files_transferred_total", "Files transferred.")),
    deletes(counter(r, "rclone_files_deleted_total", "Files deleted.")),
    deleted_dirs(counter(r, "rclone_dirs_deleted_total", "Directories deleted.")),
    renames(counter(r, "rclone_files_renamed_total", "Files renamed.")),
    listed(counter(r, "rclone_entries_listed_total", "Files and directories found in listings.")),
    speed(gauge(r, "rclone_speed", "Present speed of all transfers, bytes per second.")),
    fatal_error(gauge(r, "rclone_fatal_error", "1 once an error ended everything, else 0.")),
    retry_error(gauge(r, "rclone_retry_error", "1 once an error made another attempt worthwhile, else 0.")) {}

life_probe::life_probe(Registry& r) :
    spawned(counters(r, "argosy_actor_spawned_total", "Actors begun, by kind.")),
    ended(counters(r, "argosy_actor_ended_total", "Actors ended, by kind and reason.")),
    jobs(counters(r, "argosy_job_finished_total", "Jobs finished, by outcome.")),
    jobs_running(gauges(r, jobs_name, jobs_help).Add({{"state", "running"}})),
    jobs_finished(gauges(r, jobs_name, jobs_help).Add({{"state", "finished"}})) {}

scrape_probe::scrape_probe(Registry& r) :
    answered(counters(r, scrapes_name, scrapes_help).Add({{"code", "200"}})),
    failed(counters(r, scrapes_name, scrapes_help).Add({{"code", "500"}})),
    refused(counters(r, scrapes_name, scrapes_help).Add({{"code", "503"}})),
    in_flight(gauge(r, "promhttp_metric_handler_requests_in_flight", "Scrapes being answered now.")) {}

// Durations of the last releases, as many as Go keeps of its pauses.
struct metrics_registry::releases {
  void add(double seconds) {
    const std::lock_guard<std::mutex> lock{mutex_};
    recent_[count_++ % recent_.size()] = seconds;
    sum_ += seconds;
    last_ = now();
  }

  void report(metrics_page& p) const {
    const std::lock_guard<std::mutex> lock{mutex_};
    auto sorted = recent_;
    const auto kept = std::min<std::size_t>(count_, sorted.size());
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(kept));
    ClientMetric m;
    m.summary.sample_count = count_;
    m.summary.sample_sum = sum_;
    // Like Go, 0 as long as there was none.
    for (std::size_t i = 0; i <= 4; ++i)
      m.summary.quantile.push_back(
          {static_cast<double>(i) / 4, kept == 0 ? 0 : sorted[std::min(kept * i / 4, kept - 1)]});
    p.add({"go_gc_duration_seconds",
           "How long it took to give unused memory back to the system.",
           MetricType::Summary,
           {m}});
    p.gauge("go_memstats_last_gc_time_seconds",
            "When memory was last given back on request, since 1970; 0: never.",
            static_cast<double>(last_) / 1e9);
  }

private:
  mutable std::mutex mutex_;
  std::array<double, 256> recent_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  nanoseconds last_ = 0;
};

metrics_registry::metrics_registry(const ledger& book) :
    book_(book), transfers_(registry_), life_(registry_), scrapes_(registry_), answers_(registry_),
    scheduler_threads_(std::max(1U, std::thread::hardware_concurrency())),
    releases_(std::make_unique<releases>()), labels_(std::make_unique<label_memory>(remembered_label_sets)) {}

metrics_registry::~metrics_registry() = default;

void metrics_registry::observe_release(double seconds) { releases_->add(seconds); }

std::string metrics_registry::text() const {
  metrics_page p{registry_.Collect()};
  add_process(p, read_process());
  add_memory(p, read_memory());
  add_heap(p, read_heap());
  releases_->report(p);

  add_ledger(p, book_, *labels_);
  add_folders(p, folders_);
  sample_counts descriptors;
  for (const auto& [type, count] : read_descriptor_types()) descriptors[{type}] = count;
  p.by_label("argosy_fds", "Open descriptors, by type.", MetricType::Gauge, {"type"}, descriptors);
  p.by_label("argosy_build_info", "Always 1; the version is in the label.", MetricType::Gauge, {"version"},
             {{{ARGOSY_VERSION}, 1}});

  // Dashboards made for Go choose the process by this label.
  p.by_label("go_info", "Always 1; what runs here in place of Go.", MetricType::Gauge, {"version"},
             {{{"c++/caf-0.17.6"}, 1}});
  p.gauge("go_goroutines", "Live actors.", std::uint64_t{book_.live(resource::actor)});
  p.gauge("go_gc_gogc_percent", "Go's default; without meaning here.", std::uint64_t{100});
  p.gauge("go_gc_gomemlimit_bytes", "Memory limit of the control group; 2^63-1 is no limit.",
          read_memory_limit());
  p.gauge("go_sched_gomaxprocs_threads", "Threads that run actors.", std::uint64_t{scheduler_threads_});
  return std::move(p).text();
}

} // namespace argosy
