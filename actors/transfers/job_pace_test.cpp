#include "actors/transfers/job_pace.hpp"

#include <gmock/gmock.h>

namespace argosy {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class job_pace_test : public ::testing::Test {
protected:
  std::chrono::nanoseconds moment = 1h;
  rate_limiter outer;
  std::unique_ptr<job_pace> pace = std::make_unique<job_pace>(job_pace::start{4, 32}, job_pace::start{8, 0},
                                                              outer, [this] { return moment; });
  int told = 0;

  void SetUp() override {
    pace->when_changed([this] { ++told; });
    pace->waiting(true, true);
  }
  void windows(int count) {
    for (int i = 0; i < count; ++i) {
      moment += 2s;
      pace->passed(static_cast<std::uint64_t>(pace->transfers()) << 20);
    }
  }
};

TEST_F(job_pace_test, begins_as_the_options_say) {
  const auto view = pace->now();
  EXPECT_EQ(view.transfers.value, 4);
  EXPECT_EQ(view.checkers.value, 8);
  EXPECT_EQ(view.checkers.reason, "as the options say");
  EXPECT_EQ(view.bandwidth, -1);
}

TEST_F(job_pace_test, begins_with_what_was_found_before) {
  job_pace again{{4, 32, 12}, {8, 16, 0}, outer, [this] { return moment; }};
  EXPECT_EQ(again.transfers(), 12);
  EXPECT_EQ(again.checkers(), 8);
  again.follow(4, 8);
  EXPECT_EQ(again.transfers(), 12);
}

TEST_F(job_pace_test, finds_by_itself_that_more_is_faster) {
  windows(30);
  EXPECT_EQ(pace->transfers(), 32);
  EXPECT_EQ(pace->checkers(), 8);
  EXPECT_EQ(pace->now().transfers.reason, "tuned: as many as are allowed");
  EXPECT_GE(told, 5);
}

TEST_F(job_pace_test, what_is_set_by_hand_stays_until_it_is_given_back) {
  pace->set_transfers(3);
  pace->set_checkers(2);
  EXPECT_EQ(told, 2);
  windows(30);
  EXPECT_EQ(pace->transfers(), 3);
  EXPECT_EQ(pace->checkers(), 2);
  EXPECT_EQ(pace->now().transfers.reason, "set by job/set");

  pace->set_transfers(0);
  pace->set_checkers(0);
  EXPECT_EQ(pace->transfers(), 4);
  EXPECT_EQ(pace->checkers(), 8);
  windows(30);
  EXPECT_EQ(pace->transfers(), 32);
}

TEST_F(job_pace_test, an_option_that_changes_ends_the_tuning) {
  windows(2);
  pace->follow(5, std::nullopt);
  windows(30);
  EXPECT_EQ(pace->transfers(), 5);
  EXPECT_EQ(pace->now().transfers.reason, "as the options say");
}

TEST_F(job_pace_test, an_option_that_stays_is_no_wish) {
  pace->follow(4, 8);
  windows(30);
  EXPECT_EQ(pace->transfers(), 32);
}

TEST_F(job_pace_test, a_busy_remote_is_heeded) {
  pace->slowed();
  windows(1);
  EXPECT_EQ(pace->transfers(), 2);
  EXPECT_THAT(pace->now().transfers.reason, HasSubstr("a remote was busy once"));
}

TEST_F(job_pace_test, the_last_files_are_no_measure) {
  pace->waiting(false, false);
  windows(30);
  EXPECT_EQ(pace->transfers(), 4);
}

TEST_F(job_pace_test, has_a_bandwidth_of_its_own_within_that_of_the_process) {
  EXPECT_FALSE(pace->throttle().limits());
  pace->set_bandwidth(1 << 20);
  EXPECT_TRUE(pace->throttle().limits());
  EXPECT_EQ(pace->now().bandwidth, 1 << 20);
  EXPECT_EQ(outer.rate(), -1);
  pace->set_bandwidth(0);
  EXPECT_FALSE(pace->throttle().limits());
  outer.set_rate(1 << 20);
  EXPECT_TRUE(pace->throttle().limits());
}

} // namespace
} // namespace argosy
