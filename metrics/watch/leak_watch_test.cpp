#include "metrics/watch/leak_watch.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <functional>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/watch/curves.hpp"
#include "metrics/watch/task_runs.hpp"

namespace argosy {
namespace {

using ::testing::IsEmpty;
using namespace argosy::testing; // NOLINT(google-build-using-namespace): curves for tests alone

constexpr seconds_t start = 19'700 * day;
constexpr int members = 10;

// -- what leaks, and what does not ----------------------------------------------------------------------

std::string test_name(const ::testing::TestParamInfo<shape>& info) {
  auto name = info.param.name;
  for (auto& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

class HarmlessShape : public ::testing::TestWithParam<shape> {};

TEST_P(HarmlessShape, IsNeverCalledALeakInThreeDays) {
  leak_watch watch{start};

  watch_curves(watch, start, GetParam(), members, 72 * hour, [&](seconds_t t) {
    for (const auto& v : watch.verdicts())
      EXPECT_FALSE(v.suspected) << "curve " << v.series.kind << " after " << hours(t) << " h, window of "
                                << hours(v.window) << " h";
  });
}

INSTANTIATE_TEST_SUITE_P(LeakWatch, HarmlessShape, ::testing::ValuesIn(harmless_shapes()), test_name);

class PlantedLeak : public ::testing::TestWithParam<shape> {};

TEST_P(PlantedLeak, IsFoundWithinThreeDays) {
  leak_watch watch{start};
  watch_curves(watch, start, GetParam(), members, 72 * hour, [](seconds_t) {});

  const auto found = watch.verdicts();

  EXPECT_EQ(found.size(), static_cast<std::size_t>(members));
  for (const auto& v : found) {
    EXPECT_TRUE(v.suspected) << growth_reason_name(v.why);
    EXPECT_GT(v.per_hour, 0.5);
    EXPECT_LT(v.per_hour, 12);
    EXPECT_EQ(v.by_load, GetParam().name == "with the load");
  }
}

INSTANTIATE_TEST_SUITE_P(LeakWatch, PlantedLeak, ::testing::ValuesIn(leaks()), test_name);

// -- one curve ------------------------------------------------------------------------------------------

class LeakWatch : public ::testing::Test {
protected:
  /// Looks once a quarter of a minute until so many seconds after the start.
  void until(seconds_t end, const std::function<double(seconds_t)>& value, const series_id& id = things) {
    for (; at <= end; at += sample_interval)
      if (watch->add({start + at, 1, {{id, value(at)}}, {id.resource}}, tasks.histories()))
        if (const auto v = only(); v.suspected && found_after == 0) found_after = at;
  }
  leak_verdict only() const {
    const auto all = watch->verdicts();
    return all.empty() ? leak_verdict{} : all.front();
  }
  void restart() {
    std::vector<task_history> kept;
    const auto bytes = watch->save(tasks.histories());
    watch = std::make_unique<leak_watch>(start + at);
    ASSERT_TRUE(watch->restore(bytes, kept));
    at += sample_interval;
  }

  static inline const series_id things{"actor", "thing"}, live{"memory", "live"};
  std::unique_ptr<leak_watch> watch = std::make_unique<leak_watch>(start);
  seconds_t at = sample_interval;
  seconds_t found_after = 0;
  task_runs tasks{[this] { return (start + at) * 1'000'000'000; }};
};

TEST_F(LeakWatch, TellsWhyItIsNoLeak) {
  until(30 * hour, [](seconds_t t) { return 400 - 300 * std::exp(-hours(t) / 4); });

  EXPECT_EQ(only().why, growth_reason::saturating);
  EXPECT_NEAR(only().value, 400, 1);
}

TEST_F(LeakWatch, TellsNothingBeforeItHasSeenEnough) {
  until(3 * hour, [](seconds_t t) { return 10 * hours(t); });

  EXPECT_FALSE(only().suspected);
  EXPECT_EQ(only().why, growth_reason::too_little_data);
}

TEST_F(LeakWatch, FastLeakIsFoundInOneDayAndOneJudgement) {
  until(26 * hour, [](seconds_t t) { return std::floor(4 * hours(t)); });

  EXPECT_TRUE(only().suspected);
  EXPECT_NEAR(only().per_hour, 4, 1);
  EXPECT_GT(found_after, 0);
}

TEST_F(LeakWatch, TaskIsNamedWithinHours) {
  double level = 3;
  const auto leaky = [&](seconds_t t) {
    const std::array<seconds_t, 4> periods{47, 53, 59, 67};
    for (std::size_t i = 0; i < periods.size(); ++i)
      if (t % (periods[i] * minute) == 0) {
        const auto run = tasks.begin("task " + std::to_string(periods[i]));
        if (periods[i] == 53) level += 5;
      }
    return level;
  };

  until(5 * hour, leaky);

  EXPECT_TRUE(only().suspected);
  EXPECT_EQ(only().task, "task 53");
  EXPECT_FALSE(only().by_load);
  EXPECT_LE(found_after, 4 * hour);
}

TEST_F(LeakWatch, CacheThatATaskFillsIsNoLeak) {
  double level = 3;
  double step = 16;
  const auto filling = [&](seconds_t t) {
    if (t % (53 * minute) == 0) {
      const auto run = tasks.begin("fills a cache");
      level += step;
      step /= 2;
    }
    return std::floor(level);
  };

  until(12 * hour, filling);

  EXPECT_EQ(found_after, 0);
}

TEST_F(LeakWatch, TableWithALimitMayBeFilled) {
  watch->bound({{things, 1000}});
  until(80 * hour, [](seconds_t t) { return 10 * hours(t); });
  EXPECT_EQ(only().why, growth_reason::bounded);

  until(140 * hour, [](seconds_t t) { return 10 * hours(t); });
  EXPECT_TRUE(only().suspected) << "the limit does not hold";
}

TEST_F(LeakWatch, MemoryThatReachesItsLimitSoonIsToldOfEarly) {
  constexpr double mib = 1 << 20;
  const auto leaky = [](seconds_t t) { return 100 * mib + 20 * mib * hours(t); };
  for (seconds_t h = 1; h <= 26; ++h) {
    watch->limits({{"memory", {leaky(h * hour), 900 * mib}}});
    until(h * hour, leaky, live);
  }

  EXPECT_TRUE(only().suspected);
  EXPECT_NEAR(only().per_hour, 20 * mib, mib);
  EXPECT_NEAR(watch->hours_to_limit().at("memory"), 14, 1);
}

TEST_F(LeakWatch, NothingIsSaidOfLimitsWithoutALeak) {
  watch->limits({{"memory", {90, 100}}});
  until(
      26 * hour, [](seconds_t) { return 90.0; }, live);

  EXPECT_THAT(watch->hours_to_limit(), IsEmpty());
}

TEST_F(LeakWatch, LeakEndsWhenItsThingsGo) {
  until(26 * hour, [](seconds_t t) { return 10 * hours(t); });
  ASSERT_TRUE(only().suspected);

  until(30 * hour, [](seconds_t) { return 4.0; });

  EXPECT_FALSE(only().suspected);
  EXPECT_EQ(only().since, 0);
}

// -- restarts -------------------------------------------------------------------------------------------

TEST_F(LeakWatch, LeakIsFoundAcrossRestarts) {
  for (seconds_t life = 1; life <= 8; ++life) {
    const auto born = at;
    until(life * 6 * hour, [&](seconds_t t) { return 20 + std::floor(4 * hours(t - born)); });
    restart();
  }
  until(49 * hour, [](seconds_t) { return 20.0; });

  EXPECT_TRUE(only().suspected) << growth_reason_name(only().why);
}

TEST_F(LeakWatch, WarmUpAfterEachRestartIsNoLeak) {
  for (seconds_t life = 1; life <= 12; ++life) {
    const auto born = at;
    until(life * 6 * hour, [&](seconds_t t) { return 200 - 150 * std::exp(-hours(t - born)); });
    restart();
  }

  EXPECT_EQ(found_after, 0);
}

TEST_F(LeakWatch, SuspicionOutlivesARestart) {
  until(26 * hour, [](seconds_t t) { return 10 * hours(t); });
  const auto since = only().since;
  ASSERT_NE(since, 0);

  restart();

  EXPECT_TRUE(only().suspected);
  EXPECT_EQ(only().since, since);
}

TEST_F(LeakWatch, WhatIsDamagedIsNotRestored) {
  until(2 * hour, [](seconds_t t) { return hours(t); });
  const auto good = watch->save({{"task", {{1, 2}}}});
  std::vector<task_history> kept;
  const auto restores = [&](const std::string& bytes) {
    return leak_watch{start + day}.restore(bytes, kept);
  };
  auto other_version = good;
  other_version[18] = '9';

  EXPECT_FALSE(restores(""));
  EXPECT_FALSE(restores("argosy leak watch 1\n"));
  EXPECT_FALSE(restores(other_version));
  for (std::size_t at_byte = 0; at_byte < good.size(); at_byte += 97) {
    EXPECT_FALSE(restores(good.substr(0, at_byte))) << "ends after " << at_byte;
    auto changed = good;
    changed[at_byte] = static_cast<char>(changed[at_byte] ^ 0x10);
    EXPECT_FALSE(restores(changed)) << "byte " << at_byte;
  }
  EXPECT_THAT(kept, IsEmpty());
  ASSERT_TRUE(restores(good));
  EXPECT_EQ(kept.at(0).task, "task");
}

TEST_F(LeakWatch, FileOfTheFutureIsNotRestored) {
  until(hour, [](seconds_t t) { return hours(t); });
  std::vector<task_history> kept;

  EXPECT_FALSE(leak_watch{start}.restore(watch->save({}), kept)) << "the clock was set back";
}

// -- bounds ---------------------------------------------------------------------------------------------

TEST_F(LeakWatch, CurvesAreBoundedAndThoseGoneLongestMakeRoom) {
  const auto look = [&](int first, int count) {
    watch_sample sample{start + at, 1, {}, {"connection"}};
    for (int i = first; i < first + count; ++i) sample.values[{"connection", std::to_string(i)}] = 1;
    watch->add(sample, {});
    at += sample_interval;
  };
  const int most = leak_watch::most_series;
  look(0, most);
  look(100, most);
  EXPECT_EQ(watch->series(), leak_watch::most_series);

  look(100, most);

  EXPECT_EQ(watch->verdicts().size(), leak_watch::most_series) << "all of them are alive";
}

TEST_F(LeakWatch, CurveIsGivenFromTheFinestRing) {
  until(3 * hour, [](seconds_t t) { return static_cast<double>(t); });

  const auto minutes = watch->curve(things, start + at - 10 * minute);
  const auto all = watch->curve(things, start);

  EXPECT_EQ(minutes.at(1).first - minutes.at(0).first, 15);
  EXPECT_EQ(all.at(1).first - all.at(0).first, 120);
  EXPECT_THAT(watch->curve({"actor", "unknown"}, start), IsEmpty());
}

} // namespace
} // namespace argosy
