#include "actors/transfers/transfer_limits.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

class limits_of_a_job : public ::testing::Test {
protected:
  transfer_limits made(std::int64_t bytes_before = 0) {
    return {options, bytes_before, stop, [this] { return moment; }};
  }
  static std::string refusal(transfer_limits& limits, std::int64_t size) {
    try {
      limits.begin(size);
      return "";
    } catch (const failure& f) {
      return f.what();
    }
  }
  const std::string by_size = "max transfer limit reached as set by --max-transfer";
  const std::string by_duration = "max transfer duration reached as set by --max-duration";
  main_options options;
  cancellation stop;
  nanoseconds moment = 1000;
};

TEST_F(limits_of_a_job, are_none_by_default) {
  auto limits = made(1 << 30);
  limits.begin(1 << 30);
  limits.passed(1 << 30);
  EXPECT_FALSE(limits.reached());
  EXPECT_FALSE(stop.cancelled());
}

TEST_F(limits_of_a_job, stop_what_is_under_way_when_hard) {
  options.max_transfer = 10;
  auto limits = made();
  limits.begin(11);
  limits.passed(10);
  EXPECT_FALSE(stop.cancelled());
  limits.passed(1);
  EXPECT_TRUE(stop.cancelled());
  EXPECT_EQ(limits.reached().text, by_size);
  EXPECT_EQ(limits.reached().kind, failure_kind::fatal);
}

TEST_F(limits_of_a_job, count_what_the_group_transferred_before) {
  options.max_transfer = 10;
  auto limits = made(8);
  limits.begin(3);
  limits.passed(3);
  EXPECT_TRUE(stop.cancelled());
}

TEST_F(limits_of_a_job, begin_nothing_more_when_soft) {
  options.max_transfer = 10;
  options.cutoff_mode = cutoff_soft;
  auto limits = made();
  limits.begin(30);
  limits.passed(30);
  limits.end(30, 30);
  EXPECT_EQ(refusal(limits, 1), by_size);
  EXPECT_EQ(limits.reached().kind, failure_kind::no_retry);
  EXPECT_FALSE(stop.cancelled());
}

TEST_F(limits_of_a_job, refuse_a_file_that_could_go_beyond_when_cautious) {
  options.max_transfer = 10;
  options.cutoff_mode = cutoff_cautious;
  auto limits = made();
  EXPECT_EQ(refusal(limits, 6), "");
  EXPECT_EQ(refusal(limits, 5), by_size) << "6 are on their way";
  limits.end(6, 2); // it failed after 2
  EXPECT_EQ(refusal(limits, 8), "");
}

TEST_F(limits_of_a_job, end_with_the_time) {
  options.max_duration = 100;
  auto limits = made();
  moment += 99;
  limits.begin(1);
  limits.passed(1);
  EXPECT_FALSE(stop.cancelled());
  moment += 1;
  limits.passed(1);
  EXPECT_TRUE(stop.cancelled());
  EXPECT_EQ(limits.reached().text, by_duration);
}

TEST_F(limits_of_a_job, let_what_is_under_way_end_when_the_time_is_soft) {
  options.max_duration = 100;
  options.cutoff_mode = cutoff_soft;
  auto limits = made();
  limits.begin(1);
  moment += 100;
  limits.passed(1);
  EXPECT_FALSE(stop.cancelled());
  EXPECT_EQ(refusal(limits, 1), by_duration);
}

} // namespace
} // namespace argosy
