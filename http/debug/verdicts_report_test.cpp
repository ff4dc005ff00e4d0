#include "http/debug/verdicts_report.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/run_and_wait.hpp"
#include "metrics/instruments.hpp"
#include "metrics/watch/look.hpp"
#include "tests/fixtures/own_symbols.hpp"

/// The three hunts: each took days where it is told of.
namespace argosy {
namespace {

using testing::HasSubstr;

constexpr seconds_t minute = 60, hour = 3600, day = 24 * hour;
constexpr seconds_t look_interval = 15;
constexpr double mib = 1 << 20;

class Hunt : public testing::Test {
protected:
  /// Lets time pass: `live(t)` before each look, which counts what is in the ledger.
  void pass(
      seconds_t length, const std::function<double(seconds_t)>& live,
      const std::function<void(watch_sample&)>& also = [](auto&) {}) {
    for (const auto end = at + length; at < end; at += look_interval) {
      clock = (start + at) * 1'000'000'000;
      watch_sample sample{start + at, live(at), {}, {"actor", "connection"}};
      for (const auto& c : book.counts())
        sample.values[{resource_name(c.what), c.label.empty() ? c.kind : c.label}] =
            static_cast<double>(c.live);
      also(sample);
      watch.add(sample, tasks.histories());
    }
  }
  json report() {
    return run_and_wait(io, [&](const may_block& on) { return verdicts_report(on, false, own_symbols); });
  }

  ledger book;
  io_pool io{book, {}};
  leak_watch& watch = book.tools().leaks;
  const seconds_t start = now() / 1'000'000'000;
  seconds_t at = look_interval;
  nanoseconds clock = 0;
  task_runs tasks{[this] { return clock; }};
  std::vector<ledger::entry> leaked;
};

[[gnu::noinline]] void check_image_tags(ledger& book, std::vector<ledger::entry>& forgotten) {
  auto connection = book.enter(resource::connection, "http", 0, "registry");
  connection.state("http response");
  connection.request("GET", "https://user:pw@registry.example/v2/image/manifests/latest?token=secret");
  forgotten.push_back(std::move(connection));
}

TEST_F(Hunt, ConnectionWhoseBodyNobodyReadsIsNamedWithTaskPlaceAndUrl) {
  struct background_task {
    const char* name;
    seconds_t period;
  };
  const std::array<background_task, 4> four{{{"purge of sessions", 47 * minute},
                                             {"image tags", 53 * minute},
                                             {"metrics of databases", 59 * minute},
                                             {"renewal of certificates", 67 * minute}}};

  pass(9 * hour, [&](seconds_t t) {
    for (const auto& one : four)
      if (t % one.period == 0) {
        const auto run = tasks.begin(one.name);
        if (one.period == 53 * minute) check_image_tags(book, leaked);
      }
    return 10 + 8 * std::sin(static_cast<double>(t) / (4 * hour));
  });

  const auto found = report();
  ASSERT_EQ(found["suspected"], 1) << found.dump(1);
  const auto& v = found["verdicts"][0];
  EXPECT_EQ(v["resource"], "connection");
  EXPECT_EQ(v["kind"], "registry");
  EXPECT_EQ(v["task"], "image tags");
  EXPECT_EQ(v["class"], "background");
  EXPECT_THAT(v["sites"][0]["site"].get<std::string>(), HasSubstr("check_image_tags"));
  EXPECT_EQ(v["sites"][0]["detail"], "GET https://registry.example/v2/image/manifests/latest");
  EXPECT_EQ(verdict_in_words(watch).find("connection registry grows by"), 0U);
}

[[gnu::noinline]] void check_health(ledger& book, std::vector<ledger::entry>& forgotten) {
  forgotten.push_back(book.enter(resource::actor, "probe"));
  forgotten.push_back(book.enter(resource::actor, "probe"));
}

TEST_F(Hunt, HealthCheckThatLeaksTwoActorsACallGrowsWithTheLoad) {
  double due = 0;

  pass(26 * hour, [&](seconds_t t) {
    // Several balancers ask, more of them by day: about one call in two minutes.
    const auto calls = 0.25 * (1 - 0.9 * std::cos(2 * 3.14159265358979 * static_cast<double>(t) / day));
    for (due += calls / 2; due >= 1; due -= 1) check_health(book, leaked);
    return calls;
  });

  const auto v = report()["verdicts"][0];
  EXPECT_TRUE(v["suspected"].get<bool>()) << v.dump(1);
  EXPECT_EQ(v["kind"], "probe");
  EXPECT_EQ(v["class"], "load");
  EXPECT_GT(v["followsLoad"].get<double>(), 0.5);
  EXPECT_THAT(v["sites"][0]["site"].get<std::string>(), HasSubstr("check_health"));
}

TEST_F(Hunt, TableThatGrowsToTheLimitIsToldOfHoursBefore) {
  const auto table = [](seconds_t t) { return 40 * mib + 25 * mib * static_cast<double>(t) / hour; };

  pass(
      26 * hour, [](seconds_t) { return 1.0; },
      [&](watch_sample& sample) {
        const auto now_used = table(at);
        sample.values[{"memory", "live"}] = 10 * mib + now_used;
        sample.looked_at.insert("memory");
        if (at % (15 * minute) < look_interval) {
          sample.values[{"heap_site", "argosy::table::add core/table.cpp:7"}] = now_used;
          sample.values[{"heap_site", "argosy::cache core/cache.cpp:9"}] = 8 * mib;
          sample.looked_at.insert("heap_site");
        }
        watch.limits({{"memory", {30 * mib + now_used, 1024 * mib}}});
      });

  const auto found = report();
  ASSERT_EQ(found["suspected"], 2) << found.dump(1);
  EXPECT_NEAR(found["hoursToLimit"]["memory"].get<double>(), 12, 2);
  std::vector<std::string> kinds;
  for (const auto& v : found["verdicts"])
    if (v["suspected"].get<bool>()) {
      kinds.push_back(v["kind"]);
      EXPECT_NEAR(v["perHour"].get<double>(), 25 * mib, 3 * mib);
    }
  EXPECT_THAT(kinds, testing::UnorderedElementsAre("live", "argosy::table::add core/table.cpp:7"));
}

TEST_F(Hunt, OfAHealthyDaemonHasNothing) {
  const auto connection = book.enter(resource::connection, "http", 0, "registry");
  pass(10 * hour, [](seconds_t) { return 1.0; });

  const auto found = report();

  EXPECT_EQ(found["suspected"], 0);
  EXPECT_TRUE(found["hoursToLimit"].empty());
  EXPECT_EQ(verdict_in_words(watch), "no leak");
}

} // namespace
} // namespace argosy
