#include "metrics/profile/trace.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/failure.hpp"
#include "metrics/profile/reading.hpp"

namespace argosy {
namespace {

using ::testing::SizeIs;

struct trace_events {
  explicit trace_events(const std::string& packed) :
      all(nlohmann::json::parse(::argosy::testing::gunzip(packed))) {}
  std::vector<nlohmann::json> of(const std::string& phase) const {
    std::vector<nlohmann::json> found;
    for (const auto& e : all["traceEvents"])
      if (e["ph"] == phase) found.push_back(e);
    return found;
  }
  nlohmann::json all;
};

TEST(Trace, IsOffUntilStarted) {
  trace_recorder trace;
  trace.slice({"job", "resume", 1, 2});

  EXPECT_FALSE(trace.on());
  EXPECT_EQ(trace.finish(), "");
}

TEST(Trace, HasSlicesInMicroseconds) {
  trace_recorder trace;
  trace.start();
  const auto begun = trace_recorder::clock();

  trace.slice({"job", "resume", begun, begun + 1500, 7, 3});

  const trace_events events{trace.finish()};
  const auto slices = events.of("X");
  ASSERT_THAT(slices, SizeIs(1));
  EXPECT_EQ(slices[0]["name"], "job: resume");
  EXPECT_EQ(slices[0]["dur"], 1.5);
  EXPECT_EQ(slices[0]["args"]["job"], 7);
  EXPECT_EQ(slices[0]["args"]["waiting"], 3);
}

TEST(Trace, ArrowsHaveTwoEndsOfOneNumber) {
  trace_recorder trace;
  trace.start();

  trace.sent(12345);
  trace.received(12345);

  const trace_events events{trace.finish()};
  ASSERT_THAT(events.of("s"), SizeIs(1));
  ASSERT_THAT(events.of("f"), SizeIs(1));
  EXPECT_EQ(events.of("s")[0]["id"], events.of("f")[0]["id"]);
}

TEST(Trace, HasFiguresAndNamesOfThreads) {
  trace_recorder trace;
  trace.start();

  trace.figure("actors", 12);

  const trace_events events{trace.finish()};
  ASSERT_THAT(events.of("C"), SizeIs(1));
  EXPECT_EQ(events.of("C")[0]["args"]["value"], 12);
  EXPECT_GE(events.of("M").size(), 2U);
}

TEST(Trace, NamesThatJsonDoesNotTakeAreMadeHarmless) {
  trace_recorder trace;
  trace.start();

  trace.slice({"call", "a\"b\\c\n\xC3\xA4", 1, 2});

  EXPECT_EQ(trace_events{trace.finish()}.of("X")[0]["name"], "call: a?b?c???");
}

TEST(Trace, IsTakenOneAtATimeAndAgain) {
  trace_recorder trace;
  trace.start();
  EXPECT_THROW(trace.start(), failure);
  trace.slice({"job", "first", 1, 2});
  trace.finish();

  trace.start();

  EXPECT_THAT(trace_events{trace.finish()}.of("X"), SizeIs(0)) << "nothing is left of the one before";
}

TEST(Trace, TakesEventsOfManyThreads) {
  constexpr int threads = 4;
  constexpr int events_each = 3000;
  trace_recorder trace;
  trace.start();
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&trace] {
      for (int i = 0; i < events_each; ++i) trace.slice({"job", "m", i, i + 1});
    });
  for (auto& t : crowd) t.join();

  EXPECT_THAT(trace_events{trace.finish()}.of("X"), SizeIs(threads * events_each));
}

TEST(Trace, MayEndWhileOthersRecord) {
  trace_recorder trace;
  std::atomic<bool> stop{false};
  std::thread other{[&] {
    while (!stop) trace.slice({"job", "m", 1, 2});
  }};

  for (int i = 0; i < 20; ++i) {
    trace.start();
    EXPECT_FALSE(trace_events{trace.finish()}.all.empty());
  }

  stop = true;
  other.join();
}

TEST(Trace, CountsWhatItHadNoRoomFor) {
  trace_recorder trace{100};
  trace.start();
  for (int i = 0; i < 105; ++i) trace.figure("x", 1);

  const trace_events events{trace.finish()};

  EXPECT_EQ(events.all["otherData"]["dropped"], 5);
  EXPECT_THAT(events.of("C"), SizeIs(100));
}

} // namespace
} // namespace argosy
