#include "actors/jobs/attempts.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

using namespace std::chrono_literals;

TEST(attempt_rule, pauses_double_up_to_a_minute) {
  const attempt_rule rule{100};
  EXPECT_EQ(rule.pause_before(2), 1s);
  EXPECT_EQ(rule.pause_before(3), 2s);
  EXPECT_EQ(rule.pause_before(4), 4s);
  EXPECT_EQ(rule.pause_before(7), 32s);
  EXPECT_EQ(rule.pause_before(8), 60s);
  EXPECT_EQ(rule.pause_before(4'000'000'000), 60s);
}

TEST(attempt_rule, begins_with_the_pause_that_was_asked_for) {
  EXPECT_EQ((attempt_rule{3, 10ms}.pause_before(2)), 10ms);
  EXPECT_EQ((attempt_rule{3, 10ms}.pause_before(3)), 20ms);
}

TEST(attempt_rule, a_long_pause_does_not_grow) {
  EXPECT_EQ((attempt_rule{9, 1h}.pause_before(2)), 1h);
  EXPECT_EQ((attempt_rule{9, 1h}.pause_before(9)), 1h);
  EXPECT_EQ((attempt_rule{9, 40s}.pause_before(3)), 60s);
}

TEST(attempt_rule, a_pause_without_end_does_not_overflow) {
  const attempt_rule rule{9, std::chrono::nanoseconds::max()};
  EXPECT_EQ(rule.pause_before(5), std::chrono::nanoseconds::max());
}

} // namespace
} // namespace argosy
