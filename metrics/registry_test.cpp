#include "metrics/registry.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time_text.hpp"

namespace argosy {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;
using testing::Pair;

// Samples ("name{labels}") and types of families of one page.
struct parsed_page {
  std::map<std::string, std::string> samples, types;

  explicit parsed_page(const std::string& text) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words{line};
      std::string hash, keyword, name, type;
      if (line.rfind("# TYPE ", 0) == 0) {
        words >> hash >> keyword >> name >> type;
        EXPECT_TRUE(types.emplace(name, type).second) << name << " is there twice";
      } else if (line[0] != '#') {
        const auto space = line.rfind(' ');
        EXPECT_TRUE(samples.emplace(line.substr(0, space), line.substr(space + 1)).second)
            << line << " is there twice";
      }
    }
  }
  double number(const std::string& sample) const { return std::stod(samples.at(sample)); }
};

struct MetricsRegistry : testing::Test {
  ledger book;
  metrics_registry metrics{book};
  parsed_page page() const { return parsed_page{metrics.text()}; }
};

TEST_F(MetricsRegistry, RcloneFiguresAreThereFromTheStart) {
  const auto p = page();

  for (const char* name :
       {"rclone_bytes_transferred_total", "rclone_errors_total", "rclone_checked_files_total",
        "rclone_files_transferred_total", "rclone_files_deleted_total", "rclone_dirs_deleted_total",
        "rclone_files_renamed_total", "rclone_entries_listed_total"}) {
    EXPECT_THAT(p.types, Contains(Pair(name, "counter")));
    EXPECT_THAT(p.samples, Contains(Pair(name, "0")));
  }
  for (const char* name : {"rclone_speed", "rclone_fatal_error", "rclone_retry_error"}) {
    EXPECT_THAT(p.types, Contains(Pair(name, "gauge")));
    EXPECT_THAT(p.samples, Contains(Pair(name, "0")));
  }
}

TEST_F(MetricsRegistry, ProbesAppearUnderTheirNames) {
  auto& t = metrics.transfers();
  t.bytes.Increment(9007199254740991.0);
  t.errors.Increment();
  t.checks.Increment(2);
  t.transfers.Increment(3);
  t.deletes.Increment(4);
  t.deleted_dirs.Increment(5);
  t.renames.Increment(6);
  t.listed.Increment(7);
  t.speed.Set(1.5);
  t.fatal_error.Set(1);
  auto& l = metrics.life();
  l.spawned.Add({{"kind", "job"}}).Increment(8);
  l.ended.Add({{"kind", "job"}, {"reason", "normal"}}).Increment(9);
  l.jobs.Add({{"outcome", "error"}}).Increment(10);
  l.jobs_running.Set(11);
  l.jobs_finished.Set(12);
  metrics.scrapes().refused.Increment(14);
  metrics.scrapes().in_flight.Set(15);

  EXPECT_THAT(
      page().samples,
      IsSupersetOf(
          {Pair("rclone_bytes_transferred_total", "9007199254740991"), Pair("rclone_errors_total", "1"),
           Pair("rclone_checked_files_total", "2"), Pair("rclone_files_transferred_total", "3"),
           Pair("rclone_files_deleted_total", "4"), Pair("rclone_dirs_deleted_total", "5"),
           Pair("rclone_files_renamed_total", "6"), Pair("rclone_entries_listed_total", "7"),
           Pair("rclone_speed", "1.5"), Pair("rclone_fatal_error", "1"), Pair("rclone_retry_error", "0"),
           Pair("argosy_actor_spawned_total{kind=\"job\"}", "8"),
           Pair("argosy_actor_ended_total{kind=\"job\",reason=\"normal\"}", "9"),
           Pair("argosy_job_finished_total{outcome=\"error\"}", "10"),
           Pair("argosy_jobs{state=\"running\"}", "11"), Pair("argosy_jobs{state=\"finished\"}", "12"),
           Pair("promhttp_metric_handler_requests_total{code=\"503\"}", "14"),
           Pair("promhttp_metric_handler_requests_in_flight", "15")}));
}

TEST_F(MetricsRegistry, HttpStatusIsAbsentUntilTheFirstRequest) {
  EXPECT_THAT(metrics.text(), Not(HasSubstr("rclone_http_status_code")));

  metrics.answers().count("s3.example.com", "GET", 200);

  EXPECT_THAT(
      page().samples,
      Contains(Pair("rclone_http_status_code{code=\"200\",host=\"s3.example.com\",method=\"GET\"}", "1")));
}

TEST_F(MetricsRegistry, HostsOfHttpStatusAreBounded) {
  for (std::size_t i = 0; i < http_status_counter::most + 50; ++i)
    metrics.answers().count("host" + std::to_string(i), "GET", 200);

  const auto samples = page().samples;
  EXPECT_THAT(samples,
              Contains(Pair("rclone_http_status_code{code=\"200\",host=\"other\",method=\"GET\"}", "50")));
  EXPECT_THAT(samples,
              Contains(Pair("rclone_http_status_code{code=\"200\",host=\"host0\",method=\"GET\"}", "1")));
}

// Names and types as Go's client library gives them (rclone 1.60.1 and newer).
TEST_F(MetricsRegistry, FiguresOfGoAndOfTheProcessHaveTheNamesThatDashboardsKnow) {
  const std::set<std::string> gauges{"go_goroutines",
                                     "go_threads",
                                     "go_info",
                                     "go_memstats_alloc_bytes",
                                     "go_memstats_buck_hash_sys_bytes",
                                     "go_memstats_gc_sys_bytes",
                                     "go_memstats_heap_alloc_bytes",
                                     "go_memstats_heap_idle_bytes",
                                     "go_memstats_heap_inuse_bytes",
                                     "go_memstats_heap_objects",
                                     "go_memstats_heap_released_bytes",
                                     "go_memstats_heap_sys_bytes",
                                     "go_memstats_last_gc_time_seconds",
                                     "go_memstats_mcache_inuse_bytes",
                                     "go_memstats_mcache_sys_bytes",
                                     "go_memstats_mspan_inuse_bytes",
                                     "go_memstats_mspan_sys_bytes",
                                     "go_memstats_next_gc_bytes",
                                     "go_memstats_other_sys_bytes",
                                     "go_memstats_stack_inuse_bytes",
                                     "go_memstats_stack_sys_bytes",
                                     "go_memstats_sys_bytes",
                                     "go_gc_gogc_percent",
                                     "go_gc_gomemlimit_bytes",
                                     "go_sched_gomaxprocs_threads",
                                     "process_max_fds",
                                     "process_open_fds",
                                     "process_resident_memory_bytes",
                                     "process_start_time_seconds",
                                     "process_virtual_memory_bytes",
                                     "process_virtual_memory_max_bytes",
                                     "promhttp_metric_handler_requests_in_flight"};
  const std::set<std::string> counters{"go_memstats_alloc_bytes_total",
                                       "go_memstats_frees_total",
                                       "go_memstats_lookups_total",
                                       "go_memstats_mallocs_total",
                                       "process_cpu_seconds_total",
                                       "process_network_receive_bytes_total",
                                       "process_network_transmit_bytes_total",
                                       "promhttp_metric_handler_requests_total"};
  const auto p = page();

  std::set<std::string> found_gauges, found_counters;
  for (const auto& [name, type] : p.types) {
    if (name.rfind("go_", 0) != 0 && name.rfind("process_", 0) != 0 && name.rfind("promhttp_", 0) != 0)
      continue;
    if (type == "gauge") found_gauges.insert(name);
    if (type == "counter") found_counters.insert(name);
  }
  EXPECT_EQ(found_gauges, gauges);
  EXPECT_EQ(found_counters, counters);
  EXPECT_THAT(p.types, Contains(Pair("go_gc_duration_seconds", "summary")));
  EXPECT_THAT(p.samples, Contains(Pair("go_info{version=\"c++/caf-0.17.6\"}", "1")));
}

TEST_F(MetricsRegistry, MemoryKeepsGosInvariants) {
  const auto p = page();

  EXPECT_EQ(p.number("go_memstats_heap_sys_bytes"),
            p.number("go_memstats_heap_inuse_bytes") + p.number("go_memstats_heap_idle_bytes"));
  EXPECT_EQ(p.number("go_memstats_mallocs_total") - p.number("go_memstats_frees_total"),
            p.number("go_memstats_heap_objects"));
  EXPECT_LE(p.number("go_memstats_heap_released_bytes"), p.number("go_memstats_heap_idle_bytes"));
  EXPECT_LE(p.number("go_memstats_heap_alloc_bytes"), p.number("go_memstats_heap_inuse_bytes"));
  EXPECT_GT(p.number("argosy_heap_live_bytes"), 0);
}

TEST_F(MetricsRegistry, ProcessFiguresAreOfThisProcess) {
  const auto p = page();
  const auto present = static_cast<double>(now()) * 1e-9;

  EXPECT_GT(p.number("process_cpu_seconds_total"), 0);
  EXPECT_GE(p.number("process_open_fds"), 3);
  EXPECT_GE(p.number("go_threads"), 1);
  EXPECT_GT(p.number("process_resident_memory_bytes"), 1 << 20);
  EXPECT_NEAR(p.number("process_start_time_seconds"), present, 86400);
}

TEST_F(MetricsRegistry, WithoutReleasesTheSummaryIsZero) {
  const auto p = page();

  for (const char* q : {"0", "0.25", "0.5", "0.75", "1"})
    EXPECT_THAT(p.samples,
                Contains(Pair("go_gc_duration_seconds{quantile=\"" + std::string{q} + "\"}", "0")));
  EXPECT_THAT(p.samples, Contains(Pair("go_gc_duration_seconds_sum", "0")));
  EXPECT_THAT(p.samples, Contains(Pair("go_gc_duration_seconds_count", "0")));
  EXPECT_THAT(p.samples, Contains(Pair("go_memstats_last_gc_time_seconds", "0")));
}

TEST_F(MetricsRegistry, ReleasesFeedTheSummary) {
  const auto before = static_cast<double>(now()) * 1e-9;
  for (double seconds : {0.5, 0.125, 0.25, 0.375}) metrics.observe_release(seconds);

  const auto p = page();

  EXPECT_THAT(p.samples, IsSupersetOf({Pair("go_gc_duration_seconds{quantile=\"0\"}", "0.125"),
                                       Pair("go_gc_duration_seconds{quantile=\"0.25\"}", "0.25"),
                                       Pair("go_gc_duration_seconds{quantile=\"0.5\"}", "0.375"),
                                       Pair("go_gc_duration_seconds{quantile=\"0.75\"}", "0.5"),
                                       Pair("go_gc_duration_seconds{quantile=\"1\"}", "0.5"),
                                       Pair("go_gc_duration_seconds_sum", "1.25"),
                                       Pair("go_gc_duration_seconds_count", "4")}));
  EXPECT_GE(p.number("go_memstats_last_gc_time_seconds"), before);
}

TEST_F(MetricsRegistry, OldReleasesLeaveTheQuantilesButNotTheSum) {
  metrics.observe_release(1000);
  for (int i = 0; i < 256; ++i) metrics.observe_release(0.5);

  EXPECT_THAT(page().samples, IsSupersetOf({Pair("go_gc_duration_seconds{quantile=\"1\"}", "0.5"),
                                            Pair("go_gc_duration_seconds_sum", "1128"),
                                            Pair("go_gc_duration_seconds_count", "257")}));
}

TEST_F(MetricsRegistry, SchedulerThreadsAreTold) {
  metrics.scheduler_threads(17);

  EXPECT_THAT(page().samples, Contains(Pair("go_sched_gomaxprocs_threads", "17")));
}

TEST_F(MetricsRegistry, LedgerIsReportedByKindRemoteAndState) {
  std::vector<ledger::entry> entries;
  for (const char* kind : {"job", "job", "transfer"}) entries.push_back(book.enter(resource::actor, kind));
  entries.push_back(book.enter(resource::thread, "disk"));
  for (const char* type : {"s3", "sftp"})
    entries.push_back(book.enter(resource::connection, type, 1, "backup"));
  entries.push_back(book.enter(resource::connection, "s3", 1, "backup"));
  entries.back().state("http response");
  entries.push_back(book.enter(resource::stats_group, "stats"));
  entries.push_back(book.enter(resource::cached_remote, "local"));
  book.enter(resource::timer, "expiry");

  EXPECT_THAT(
      page().samples,
      IsSupersetOf({Pair("go_goroutines", "3"), Pair("argosy_actors{kind=\"job\"}", "2"),
                    Pair("argosy_actors{kind=\"transfer\"}", "1"), Pair("argosy_threads{kind=\"disk\"}", "1"),
                    Pair("argosy_connections{remote=\"backup\",state=\"idle\"}", "2"),
                    Pair("argosy_connections{remote=\"backup\",state=\"http response\"}", "1"),
                    Pair("argosy_stats_groups", "1"), Pair("argosy_cached_remotes", "1"),
                    Pair("argosy_resources{resource=\"actor\"}", "3"),
                    Pair("argosy_resources{resource=\"timer\"}", "0"),
                    Pair("argosy_resources_entered_total{resource=\"timer\"}", "1"),
                    Pair("argosy_resources_entered_total{resource=\"actor\"}", "3"),
                    Pair("argosy_resources_entered_total{resource=\"child\"}", "0")}));
}

TEST_F(MetricsRegistry, WhatWasSeenOnceStaysWithZero) {
  {
    const auto actor = book.enter(resource::actor, "job");
    auto connection = book.enter(resource::connection, "s3", 0, "backup");
    connection.state("running");
    page();
  }
  const auto p = page();

  EXPECT_THAT(p.samples, Contains(Pair("argosy_actors{kind=\"job\"}", "0")));
  EXPECT_THAT(p.samples, Contains(Pair("argosy_connections{remote=\"backup\",state=\"running\"}", "0")));
  EXPECT_THAT(page().samples, Contains(Pair("argosy_actors{kind=\"job\"}", "0")));
}

TEST_F(MetricsRegistry, WhatIsGoneLongestIsForgottenFirst) {
  constexpr auto limit = metrics_registry::remembered_label_sets;
  const auto kept = book.enter(resource::actor, "job");
  const auto connect = [&](std::size_t i) {
    return book.enter(resource::connection, "s3", 0, "remote" + std::to_string(i));
  };
  const auto sample = [](std::size_t i) {
    return "argosy_connections{remote=\"remote" + std::to_string(i) + "\",state=\"idle\"}";
  };
  const auto count = [&] {
    const auto p = page();
    std::size_t found = 0;
    for (const auto& [name, value] : p.samples) found += name.rfind("argosy_connections", 0) == 0;
    return found;
  };
  {
    const auto first = connect(0);
    page();
  }
  {
    // With the actor and the first connection exactly as many as are remembered.
    std::vector<ledger::entry> crowd;
    for (std::size_t i = 1; i < limit - 1; ++i) crowd.push_back(connect(i));
    EXPECT_THAT(page().samples, Contains(Pair(sample(0), "0")));
  }
  const auto newcomer = connect(limit);
  const auto p = page();

  EXPECT_EQ(p.samples.count(sample(0)), 0U);
  EXPECT_THAT(p.samples, Contains(Pair(sample(1), "0")));
  EXPECT_THAT(p.samples, Contains(Pair(sample(limit), "1")));
  EXPECT_THAT(p.samples, Contains(Pair("argosy_actors{kind=\"job\"}", "1")));
  EXPECT_EQ(count(), limit - 1);
}

TEST_F(MetricsRegistry, EverythingAliveIsReportedBeyondTheLimit) {
  constexpr auto many = metrics_registry::remembered_label_sets + 50;
  std::vector<ledger::entry> crowd;
  for (std::size_t i = 0; i < many; ++i)
    crowd.push_back(book.enter(resource::connection, "s3", 0, "remote" + std::to_string(i)));

  for (int scrape = 0; scrape < 2; ++scrape) {
    std::size_t alive = 0;
    const auto p = page();
    for (const auto& [name, value] : p.samples)
      alive += name.rfind("argosy_connections", 0) == 0 && value == "1";
    EXPECT_EQ(alive, many);
  }
}

TEST_F(MetricsRegistry, DescriptorsAndBuildAreReported) {
  const auto p = page();

  for (const char* type :
       {"file", "directory", "socket", "pipe", "eventfd", "eventpoll", "timerfd", "memfd", "anon", "other"})
    EXPECT_THAT(p.samples, Contains(Key("argosy_fds{type=\"" + std::string{type} + "\"}")));
  EXPECT_THAT(p.samples, Contains(Pair("argosy_build_info{version=\"" ARGOSY_VERSION "\"}", "1")));
  EXPECT_THAT(p.samples, Contains(Pair("argosy_children", "0")));
}

TEST_F(MetricsRegistry, RegistriesDoNotShareFigures) {
  ledger other_book;
  metrics_registry other{other_book};
  metrics.transfers().bytes.Increment(5);

  EXPECT_THAT(other.text(), HasSubstr("\nrclone_bytes_transferred_total 0\n"));
}

TEST_F(MetricsRegistry, ScrapesMayRunBesideEachOtherAndBesideTheWork) {
  std::atomic<bool> over{false};
  std::thread work{[&] {
    while (!over) {
      const auto e = book.enter(resource::actor, "job");
      metrics.transfers().bytes.Increment();
      metrics.life().spawned.Add({{"kind", "job"}}).Increment();
      metrics.observe_release(0.001);
    }
  }};
  std::thread other{[&] {
    for (int i = 0; i < 10; ++i) metrics.text();
  }};
  std::string last;
  for (int i = 0; i < 10; ++i) last = metrics.text();
  other.join();
  over = true;
  work.join();

  EXPECT_THAT(parsed_page{last}.samples, Contains(Key("go_goroutines")));
  EXPECT_THAT(page().samples, Contains(Pair("go_goroutines", "0")));
}

// What a command prints, and its exit status, when it reads `input` from a file.
std::pair<std::string, int> run_with_input(const std::string& command, const std::string& input) {
  char path[] = "/tmp/argosy_metrics_XXXXXX";
  const int file = mkstemp(path);
  EXPECT_EQ(write(file, input.data(), input.size()), static_cast<ssize_t>(input.size()));
  close(file);
  auto* const pipe = popen((command + " < " + path + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> part{};
  for (std::size_t size; (size = fread(part.data(), 1, part.size(), pipe)) > 0;)
    output.append(part.data(), size);
  const int status = pclose(pipe);
  unlink(path);
  return {output, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

TEST_F(MetricsRegistry, PageSatisfiesPromtool) {
  if (run_with_input("command -v promtool", "").second != 0)
    GTEST_SKIP() << "promtool is not installed (Debian package prometheus): the page was not checked";
  std::vector<ledger::entry> entries;
  entries.push_back(book.enter(resource::actor, "job"));
  entries.push_back(book.enter(resource::thread, "disk"));
  entries.push_back(book.enter(resource::connection, "s3", 0, "odd \"name\"\\\n\xFF"));
  metrics.observe_release(0.05);
  metrics.life().spawned.Add({{"kind", "job"}}).Increment();
  metrics.life().ended.Add({{"kind", "job"}, {"reason", "normal"}}).Increment();
  metrics.life().jobs.Add({{"outcome", "success"}}).Increment();

  const auto [output, status] = run_with_input("promtool check metrics", metrics.text());

  EXPECT_EQ(status, 0) << output;
  EXPECT_EQ(output, "");
  EXPECT_NE(run_with_input("promtool check metrics", "not a page\n").second, 0);
}

} // namespace
} // namespace argosy
