#include "metrics/watch/envelope.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace argosy {
namespace {

std::vector<bucket> buckets_of(
    const std::function<double(int)>& floor,
    const std::function<double(int)>& work = [](int) { return 1.0; }) {
  std::vector<bucket> all;
  for (int i = 0; i < static_cast<int>(most_buckets); ++i) all.push_back({floor(i), work(i), work(i)});
  return all;
}

double day_and_night(int i) { return 1 - std::cos(2 * 3.14159265358979 * i / most_buckets); }

TEST(Envelope, RiseThatNeverComesBackLeaks) {
  const auto g = judge_growth(buckets_of([](int i) { return 10.0 + i; }), 5);

  EXPECT_EQ(g.why, growth_reason::leaks);
  EXPECT_DOUBLE_EQ(g.grown, 40) << "the last 15 % may yet come back";
  EXPECT_DOUBLE_EQ(g.noise, 0);
}

TEST(Envelope, SaysWhyNot) {
  const auto why = [](const std::function<double(int)>& floor) {
    return judge_growth(buckets_of(floor), 5).why;
  };

  EXPECT_EQ(why([](int) { return 7.0; }), growth_reason::comes_back);
  EXPECT_EQ(why([](int i) { return i < 40 ? 10.0 + i : 10; }), growth_reason::comes_back);
  EXPECT_EQ(why([](int i) { return i < 24 ? 10.0 : 13; }), growth_reason::too_small);
  EXPECT_EQ(why([](int i) { return 1000.0 + i / 2; }), growth_reason::too_small) << "2 % of what there is";
  EXPECT_EQ(why([](int i) { return 100 - 90 * std::exp(-i / 8.0); }), growth_reason::saturating);
  EXPECT_EQ(why([](int i) { return 10.0 + 20 * (i / 13); }), growth_reason::few_steps);
}

TEST(Envelope, FewBucketsSayNothing) {
  auto few = buckets_of([](int i) { return 10.0 + i; });
  few.resize(10);

  EXPECT_EQ(judge_growth(few, 5).why, growth_reason::too_little_data);
  EXPECT_EQ(judge_growth({}, 5).why, growth_reason::too_little_data);
}

TEST(Envelope, WhatTheLoadOfTheMomentExplainsIsNoLeak) {
  const auto g =
      judge_growth(buckets_of([](int i) { return 100 + 50 * day_and_night(i); }, day_and_night), 5);

  EXPECT_NE(g.why, growth_reason::leaks);
}

TEST(Envelope, LeakOfRequestsFollowsTheLoad) {
  double sum = 100;
  const auto by_load =
      judge_growth(buckets_of([&](int i) { return sum += 2 * day_and_night(i); }, day_and_night), 5);
  const auto steady = judge_growth(buckets_of([](int i) { return 100.0 + 2 * i; }, day_and_night), 5);

  EXPECT_GT(by_load.follows_load, follows_load_from);
  EXPECT_LT(steady.follows_load, follows_load_from);
}

TEST(Envelope, ReasonsHaveNames) {
  EXPECT_STREQ(growth_reason_name(growth_reason::leaks), "leaks");
  EXPECT_STREQ(growth_reason_name(growth_reason::few_steps), "few steps");
  EXPECT_STREQ(growth_reason_name(growth_reason::unconfirmed), "seen once");
}

} // namespace
} // namespace argosy
