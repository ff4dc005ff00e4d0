#include "app/leak_injector.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/instruments.hpp"
#include "metrics/leaks.hpp"
#include "metrics/memory.hpp"
#include "metrics/watch/leak_watch.hpp"
#include "metrics/watch/look.hpp"
#include "metrics/watch/task_runs.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

constexpr seconds_t minute = 60, hour = 3600;
constexpr seconds_t look_interval = minute; // of the 13 s in the daemon one in five is enough

struct task {
  const char* name;
  seconds_t period;
};
constexpr std::array<task, 4> tasks{{{"purge of sessions", 47 * minute},
                                     {"image tags", 53 * minute},
                                     {"metrics of databases", 59 * minute},
                                     {"renewal of certificates", 67 * minute}}};

struct planted {
  const char* kind; ///< for the injector
  const char* task;
  series_id series; ///< the curve that has to give it away
};
// Sockets of all kinds are one curve, so that one task leaks them all.
const std::vector<planted> all_kinds{
    {"actor", "purge of sessions", {"actor", "forgotten"}},
    {"actor-probe", "image tags", {"actor", "health_probe"}},
    {"actor-sleeper", "metrics of databases", {"actor", "sleeper"}},
    {"connection-unread", "image tags", {"connection", "registry"}},
    {"connection-silent", "image tags", {"connection", "silent"}},
    {"connection-lent", "renewal of certificates", {"connection", "lent"}},
    {"file", "purge of sessions", {"descriptor", "file"}},
    {"directory", "image tags", {"descriptor", "directory"}},
    {"socket", "image tags", {"descriptor", "socket"}},
    {"pipe", "metrics of databases", {"descriptor", "pipe"}},
    {"eventfd", "renewal of certificates", {"descriptor", "eventfd"}},
    {"timerfd", "purge of sessions", {"descriptor", "timerfd"}},
    {"memfd", "image tags", {"descriptor", "memfd"}},
    {"thread", "metrics of databases", {"thread", "all"}},
    {"child", "renewal of certificates", {"child", "all"}},
    {"temporary-file", "purge of sessions", {"temporary_file", "upload"}},
    {"timer", "image tags", {"timer", "forgotten"}},
    {"buffer", "metrics of databases", {"buffer", "forgotten"}},
    {"cached-remote", "renewal of certificates", {"cached_remote", "remote"}},
    {"job", "purge of sessions", {"job", "job"}},
    {"bytes", "metrics of databases", {"memory", "live"}},
};

class LeakInjector : public testing::actor_test {};

TEST_F(LeakInjector, WhatItLeaksWithoutAnOwnerTheCurvesFindWithItsTask) {
  std::vector<std::string> orders;
  for (const auto& p : all_kinds)
    orders.push_back(std::string{p.task} + ":" + p.kind +
                     (p.series.resource == "memory" ? ":4194304" : ":5"));
  const testing::scratch_folder folder;
  leak_injector injector{leak_injector::parse(orders), with(), sys(), folder.path()};
  leak_watch watch{0};
  seconds_t at = 0;
  task_runs runs{[&] { return at * 1'000'000'000; }};
  std::map<series_id, std::string> found; // with the task
  std::map<series_id, seconds_t> found_after;

  for (at = look_interval; at <= 6 * hour; at += look_interval) {
    for (const auto& t : tasks)
      if (at % t.period == 0) {
        const auto run = runs.begin(t.name);
        with().book.tools().tasks.begin(t.name); // ends at once: of this one the injector hears
        settle();
      }
    watch_sample sample;
    sample.when = at;
    sample.work = look_interval;
    look_at_process(sample, book());
    if (!watch.add(sample, runs.histories())) continue;
    for (const auto& v : watch.verdicts())
      if (v.suspected && found.emplace(v.series, v.task).second) found_after[v.series] = at;
  }

  for (const auto& l : find_leaks(book(), now(), 0)) EXPECT_EQ(l.why, leak_reason::overdue) << l.what.kind;
  for (const auto& p : all_kinds) {
    SCOPED_TRACE(p.kind);
    EXPECT_EQ(found[p.series], p.task);
    EXPECT_LE(found_after[p.series], 4 * hour);
    found.erase(p.series);
  }
  for (const auto& [series, by] : found) ADD_FAILURE() << series.resource << " " << series.kind;
}

TEST_F(LeakInjector, HasACaseHereForEachKind) {
  std::vector<std::string> kinds;
  for (const auto& p : all_kinds) kinds.emplace_back(p.kind);

  EXPECT_THAT(kinds, ::testing::UnorderedElementsAreArray(leak_injector::kinds()));
}

} // namespace
} // namespace argosy
