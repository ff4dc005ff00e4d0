#include "http/debug/verdicts_report.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "backends/web/connection.hpp"
#include "backends/web/scripted_server.hpp"
#include "metrics/instruments.hpp"
#include "metrics/process.hpp"
#include "metrics/watch/look.hpp"
#include "tests/fixtures/own_symbols.hpp"

/// The three hunts: each took days where it is told of.
namespace argosy {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr seconds_t minute = 60, hour = 3600, day = 24 * hour;
constexpr seconds_t look_interval = 60; // of the 13 s in the daemon one in five is enough
constexpr double mib = 1 << 20;

class Hunt : public ::testing::Test {
protected:
  /// Lets time pass: `live(t)` before each look, which counts what is in the ledger.
  void pass(
      seconds_t length, const std::function<double(seconds_t)>& live,
      const std::function<void(watch_sample&)>& also = [](auto&) {}) {
    for (const auto end = at + length; at < end; at += look_interval) {
      clock = (start + at) * 1'000'000'000;
      watch_sample sample{start + at, live(at), {}, {"actor", "connection"}};
      for (const auto& c : book.counts())
        if (sample.looked_at.count(resource_name(c.what)) != 0)
          sample.values[{resource_name(c.what), c.label.empty() ? c.kind : c.label}] =
              static_cast<double>(c.live);
      also(sample);
      watch.add(sample, tasks.histories());
    }
  }
  json report() {
    return run_and_wait(io, [&](const may_block& on) { return verdicts_report(on, false, own_symbols); });
  }

  argosy::testing::bench_of_storages bench;
  ledger& book = bench.book;
  io_pool& io = bench.io;
  leak_watch& watch = book.tools().leaks;
  const seconds_t start = now() / 1'000'000'000;
  seconds_t at = look_interval;
  nanoseconds clock = 0;
  task_runs tasks{[this] { return clock; }};
  std::vector<ledger::entry> leaked;
};

/// An answer of which only the header was read: its socket stays.
struct unread_answer {
  std::unique_ptr<web::connection> connection;
  std::unique_ptr<web::exchange> exchange;
  ledger::entry entry;
};

[[gnu::noinline]] unread_answer check_image_tags(const may_block& on, const std::shared_ptr<web::client>& by,
                                                 const std::string& url) {
  unread_answer made{std::make_unique<web::connection>(by), nullptr,
                     on.book().enter(resource::connection, "http", 0, by->remote)};
  made.entry.request("GET", url);
  made.exchange = made.connection->begin(on, {"GET", url});
  made.entry.state("http response");
  EXPECT_EQ(made.exchange->head(on).status, 200);
  return made;
}

TEST_F(Hunt, ConnectionWhoseBodyNobodyReadsIsNamedWithTaskPlaceAndUrl) {
  struct background_task {
    const char* name;
    seconds_t period;
  };
  const std::array<background_task, 4> four{{{"purge of sessions", 47 * minute},
                                             {"image tags", hour},
                                             {"metrics of databases", 59 * minute},
                                             {"renewal of certificates", 67 * minute}}};
  // More than the buffers of both sides hold: the server waits for its reader as well.
  const auto manifest = std::string(8 << 20, 'x');
  const argosy::testing::scripted_server registry{
      [&](const auto&) { return argosy::testing::reply(200, manifest); }};
  const auto client = std::make_shared<web::client>(bench.net, "registry");
  const auto url = "http://user:pw@" + registry.authority() + "/v2/image/manifests/latest?token=secret";
  std::vector<unread_answer> forgotten;

  pass(
      10 * hour,
      [&](seconds_t t) {
        for (const auto& one : four)
          if (t % one.period == 0) {
            const auto run = tasks.begin(one.name);
            if (one.period == hour)
              forgotten.push_back(argosy::run_and_wait(
                  io, [&](const may_block& on) { return check_image_tags(on, client, url); }));
          }
        return 10 + 8 * std::sin(static_cast<double>(t) / (4 * hour));
      },
      [&](watch_sample& sample) {
        sample.values[{"descriptor", "socket"}] = static_cast<double>(read_descriptor_types()["socket"]);
        sample.looked_at.insert("descriptor");
      });

  const auto found = report();
  EXPECT_EQ(registry.connections(), forgotten.size());
  ASSERT_EQ(found["suspected"], 2) << found.dump(1);
  for (const auto i : {0, 1}) {
    const auto& v = found["verdicts"][i];
    EXPECT_THAT((std::pair{v["resource"].get<std::string>(), v["kind"].get<std::string>()}),
                AnyOf(Pair("connection", "registry"), Pair("descriptor", "socket")));
    EXPECT_EQ(v["task"], "image tags");
    EXPECT_EQ(v["class"], "background");
    EXPECT_THAT(v["sites"][0]["site"].get<std::string>(), HasSubstr("check_image_tags"));
    EXPECT_EQ(v["sites"][0]["detail"], "GET http://" + registry.authority() + "/v2/image/manifests/latest");
  }
  EXPECT_THAT(verdict_in_words(watch), HasSubstr(" with image tags"));
}

[[gnu::noinline]] void check_health(ledger& book, std::vector<ledger::entry>& forgotten) {
  forgotten.push_back(book.enter(resource::actor, "probe"));
  forgotten.push_back(book.enter(resource::actor, "probe"));
}

TEST_F(Hunt, HealthCheckThatLeaksTwoActorsACallGrowsWithTheLoad) {
  double due = 0;

  pass(26 * hour, [&](seconds_t t) {
    // Several balancers ask, more of them by day: about one call in two minutes.
    const auto calls = 1 - 0.9 * std::cos(2 * 3.14159265358979 * static_cast<double>(t) / day);
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
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre("live", "argosy::table::add core/table.cpp:7"));
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
