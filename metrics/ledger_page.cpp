#include "metrics/ledger_page.hpp"

#include <algorithm>
#include <array>

#include "metrics/leaks.hpp"
#include "metrics/process.hpp"

namespace argosy {

namespace {

using prometheus::MetricType;

// Seconds; actors that do nothing for days are meant to be seen.
constexpr std::array<double, 7> idle_bounds{1, 10, 60, 600, 3600, 21600, 86400};

constexpr const char* actors = "argosy_actors";
constexpr const char* threads = "argosy_threads";
constexpr const char* connections = "argosy_connections";
constexpr const char* sockets = "argosy_sockets";

void add_living(metrics_page& p, std::map<std::string, sample_counts> living, sample_counts waiting,
                label_memory& labels) {
  labels.complete(living);
  for (const auto& [kind, count] : living[actors]) waiting.emplace(kind, 0);
  const auto add = [&](const char* name, const char* help, const std::vector<const char*>& keys) {
    p.by_label(name, help, MetricType::Gauge, keys, living[name]);
  };
  add(actors, "Live actors, by kind.", {"kind"});
  add(threads, "Live threads of our own, by kind.", {"kind"});
  add(connections, "Open connections, by remote and by what they do.", {"remote", "state"});
  add(sockets, "Sockets, by remote and by their state in the network.", {"remote", "state"});
  p.by_label("argosy_mailbox_messages", "Messages waiting in mailboxes, by kind of actor.", MetricType::Gauge,
             {"kind"}, waiting);
}

// How long actors have done nothing.
void add_idle_times(metrics_page& p, const std::vector<ledger::record>& records, nanoseconds present) {
  prometheus::ClientMetric m;
  for (const auto bound : idle_bounds) m.histogram.bucket.push_back({0, bound});
  for (const auto& r : records) {
    if (r.what != resource::actor) continue;
    const auto seconds = std::max(0.0, static_cast<double>(present - r.last_activity) / 1e9);
    ++m.histogram.sample_count;
    m.histogram.sample_sum += seconds;
    for (auto& b : m.histogram.bucket) b.cumulative_count += seconds <= b.upper_bound ? 1 : 0;
  }
  p.add({"argosy_actor_idle_seconds",
         "For how long live actors have handled nothing.",
         MetricType::Histogram,
         {m}});
}

void add_oldest_messages(metrics_page& p, const std::vector<ledger::record>& records) {
  std::map<std::string, double> oldest;
  for (const auto& r : records)
    if (r.what == resource::actor) {
      auto& age = oldest[r.kind];
      age = std::max(age, static_cast<double>(r.waiting) / 1e9);
    }
  prometheus::MetricFamily f{"argosy_mailbox_oldest_seconds",
                             "For how long a message waits in a mailbox, at least; by kind of actor.",
                             MetricType::Gauge,
                             {}};
  for (const auto& [kind, age] : oldest) {
    prometheus::ClientMetric m;
    m.label.push_back({"kind", kind});
    m.gauge.value = age;
    f.metric.push_back(std::move(m));
  }
  p.add(std::move(f));
}

void add_leaks(metrics_page& p, const ledger& book, nanoseconds present) {
  sample_counts orphans, overdue, live, entered;
  for (std::size_t i = 0; i < resource_count; ++i) {
    const auto what = static_cast<resource>(i);
    const std::string name = resource_name(what);
    orphans[{name}] = overdue[{name}] = 0;
    live[{name}] = book.live(what);
    entered[{name}] = book.entered(what);
  }
  for (const auto& one : find_leaks(book, present))
    ++(one.why == leak_reason::orphan ? orphans : overdue)[{resource_name(one.what.what)}];
  const auto add = [&](const char* name, const char* help, MetricType type, const sample_counts& samples) {
    p.by_label(name, help, type, {"resource"}, samples);
  };
  add("argosy_orphaned_resources", "Leaks: things whose job is over.", MetricType::Gauge, orphans);
  add("argosy_overdue_resources", "Leaks: things that wait longer than their time-out.", MetricType::Gauge,
      overdue);
  add("argosy_resources", "Live things in the ledger.", MetricType::Gauge, live);
  add("argosy_resources_entered_total", "Things ever entered in the ledger.", MetricType::Counter, entered);
  p.gauge("argosy_stats_groups", "Groups of statistics that are kept.",
          live[{resource_name(resource::stats_group)}]);
  p.gauge("argosy_cached_remotes", "Remotes kept open for reuse.",
          live[{resource_name(resource::cached_remote)}]);
}

} // namespace

void add_ledger(metrics_page& p, const ledger& book, label_memory& labels) {
  const auto records = book.records();
  const auto present = now();
  std::map<std::string, sample_counts> living;
  sample_counts waiting;
  for (const auto& r : records) {
    if (r.what == resource::actor) {
      ++living[actors][{r.kind}];
      waiting[{r.kind}] += r.mailbox;
    }
    if (r.what == resource::thread) ++living[threads][{r.kind}];
    if (r.what == resource::connection) ++living[connections][{r.label, r.state}];
    if (r.socket >= 0) ++living[sockets][{r.label, read_socket_state(r.socket)}];
  }
  add_living(p, std::move(living), std::move(waiting), labels);
  add_idle_times(p, records, present);
  add_oldest_messages(p, records);
  add_leaks(p, book, present);
}

} // namespace argosy
