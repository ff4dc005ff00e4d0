#include "actors/transfers/autotuner.hpp"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>

namespace argosy {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Windows of 2 s of a pair of remotes whose speed is a function of how many work at once.
class autotuner_test : public ::testing::Test {
protected:
  void run(autotuner& tuned, int windows, std::uint64_t slowdowns = 0, bool starved = false) {
    for (int i = 0; i < windows; ++i) {
      moment += 2s;
      changes += tuned.observe({moment, 2s, speed(tuned.figure()) * 2, slowdowns, starved}) ? 1 : 0;
      most = std::max(most, tuned.figure());
    }
  }
  std::function<double(std::int64_t)> speed = [](std::int64_t) { return 100.0; };
  std::chrono::nanoseconds moment{};
  std::int64_t most = 0;
  int changes = 0;
};

TEST_F(autotuner_test, climbs_as_long_as_more_is_faster) {
  speed = [](std::int64_t n) { return 10.0 * static_cast<double>(std::min<std::int64_t>(n, 12)); };
  autotuner tuned{4, 32};
  run(tuned, 20);
  EXPECT_EQ(tuned.figure(), 13); // 4, 6, 9, 13; 19 are no faster than 12
  EXPECT_THAT(tuned.reason(), HasSubstr("19 were not faster: +0 %"));
}

TEST_F(autotuner_test, stays_where_more_is_no_faster) {
  autotuner tuned{4, 32};
  run(tuned, 3);
  EXPECT_EQ(tuned.figure(), 4);
  EXPECT_EQ(most, 6);
}

TEST_F(autotuner_test, never_goes_above_its_bound) {
  speed = [](std::int64_t n) { return static_cast<double>(n); };
  autotuner tuned{4, 10};
  run(tuned, 2000);
  EXPECT_EQ(most, 10);
  EXPECT_EQ(tuned.figure(), 10);
  EXPECT_EQ(tuned.reason(), "as many as are allowed");
}

TEST_F(autotuner_test, a_bound_where_it_begins_leaves_it_alone) {
  speed = [](std::int64_t n) { return static_cast<double>(n); };
  autotuner tuned{4, 4};
  run(tuned, 100);
  EXPECT_EQ(tuned.figure(), 4);
  EXPECT_EQ(changes, 0);
}

TEST_F(autotuner_test, heeds_a_busy_remote) {
  speed = [](std::int64_t n) { return static_cast<double>(n); };
  autotuner tuned{8, 32};
  run(tuned, 1, 3);
  EXPECT_EQ(tuned.figure(), 4);
  EXPECT_EQ(tuned.reason(), "down from 8: a remote was busy 3 times");
  run(tuned, 29); // 58 s
  EXPECT_EQ(tuned.figure(), 4);
  run(tuned, 3);
  EXPECT_GT(tuned.figure(), 4);
  for (int i = 0; i < 10; ++i) run(tuned, 1, 1);
  EXPECT_EQ(tuned.figure(), 1);
}

TEST_F(autotuner_test, tries_again_less_and_less_often) {
  autotuner tuned{4, 32};
  run(tuned, 1800); // an hour
  // After 30 s, 1, 2, 4, 8 minutes, then every 10: each time up and down.
  EXPECT_GE(changes, 16);
  EXPECT_LE(changes, 24);
}

TEST_F(autotuner_test, finds_what_has_become_faster_later) {
  autotuner tuned{4, 8};
  run(tuned, 3);
  speed = [](std::int64_t n) { return static_cast<double>(n); };
  run(tuned, 60);
  EXPECT_EQ(tuned.figure(), 8);
}

TEST_F(autotuner_test, judges_nothing_by_what_was_left_to_do_at_the_end) {
  speed = [](std::int64_t n) { return static_cast<double>(n); };
  autotuner tuned{4, 32};
  run(tuned, 100, 0, true);
  EXPECT_EQ(tuned.figure(), 4);
  EXPECT_EQ(changes, 0);
}

TEST_F(autotuner_test, judges_nothing_while_everything_is_stuck) {
  speed = [](std::int64_t) { return 0.0; };
  autotuner tuned{4, 32};
  run(tuned, 100);
  EXPECT_EQ(changes, 0);
}

TEST_F(autotuner_test, a_begin_above_the_bound_is_cut) { EXPECT_EQ((autotuner{9, 4}.figure()), 4); }

} // namespace
} // namespace argosy
