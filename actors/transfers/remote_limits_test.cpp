#include "actors/transfers/remote_limits.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

using work = remote_limits::work;

class remote_limits_test : public ::testing::Test {
protected:
  /// Counts how often it was woken.
  struct asker {
    asker(remote_limits& limits, std::vector<std::string> names, work kind = work::transfer) :
        gate(limits, std::move(names), kind, [this] { ++woken; }) {}
    int woken = 0;
    remote_limits::gate gate;
  };
  remote_limits limits;
};

TEST_F(remote_limits_test, without_a_limit_everybody_enters) {
  asker one{limits, {"s3", "local"}};
  std::vector<remote_limits::pass> passes;

  for (int i = 0; i < 100; ++i) passes.push_back(one.gate.enter().value());

  EXPECT_EQ(limits.of("s3").transfers.busy, 100);
  EXPECT_TRUE(limits.all().empty());
  passes.clear();
  EXPECT_EQ(limits.of("s3").transfers.busy, 0);
}

TEST_F(remote_limits_test, a_limit_counts_over_all_jobs_and_for_one_kind_of_work) {
  limits.set("s3", work::transfer, 2);
  asker one{limits, {"s3", "local"}}, other{limits, {"sftp", "s3"}};
  asker check{limits, {"s3"}, work::check};

  const auto first = one.gate.enter(), second = other.gate.enter();

  EXPECT_TRUE(first && second);
  EXPECT_FALSE(one.gate.enter());
  EXPECT_FALSE(other.gate.enter());
  EXPECT_TRUE(check.gate.enter());
}

TEST_F(remote_limits_test, a_copy_within_a_remote_counts_once) {
  limits.set("s3", work::transfer, 1);
  asker one{limits, {"s3", "s3"}};

  EXPECT_TRUE(one.gate.enter());
  EXPECT_EQ(limits.of("s3").transfers.busy, 0) << "the pass is gone";
}

TEST_F(remote_limits_test, who_waits_is_woken_and_not_overtaken) {
  limits.set("s3", work::transfer, 1);
  asker first{limits, {"s3"}}, second{limits, {"s3", "local"}}, elsewhere{limits, {"local"}};
  auto pass = first.gate.enter();
  EXPECT_FALSE(second.gate.enter());

  pass.reset();

  EXPECT_EQ(second.woken, 1);
  EXPECT_FALSE(first.gate.enter()) << "the other was there before";
  EXPECT_TRUE(elsewhere.gate.enter()) << "its remote has no limit";
  EXPECT_TRUE(second.gate.enter());
}

TEST_F(remote_limits_test, who_leaves_the_line_leaves_its_place_to_the_next) {
  limits.set("s3", work::transfer, 1);
  asker first{limits, {"s3"}}, second{limits, {"s3"}}, third{limits, {"s3"}};
  auto pass = first.gate.enter();
  EXPECT_FALSE(second.gate.enter());
  EXPECT_FALSE(third.gate.enter());
  pass.reset();
  EXPECT_FALSE(third.gate.enter());
  const auto before = third.woken;

  second.gate.leave();

  EXPECT_GT(third.woken, before);
  EXPECT_TRUE(third.gate.enter());
}

TEST_F(remote_limits_test, a_raised_limit_wakes_who_waits_and_a_lower_one_takes_nothing_away) {
  limits.set("s3", work::check, 1);
  asker one{limits, {"s3"}, work::check};
  const auto held = one.gate.enter();
  EXPECT_FALSE(one.gate.enter());

  limits.set("s3", work::check, 2);
  EXPECT_EQ(one.woken, 1);
  const auto more = one.gate.enter();
  limits.set("s3", work::check, 1);

  EXPECT_TRUE(more);
  EXPECT_EQ(limits.of("s3").checkers.busy, 2);
  EXPECT_FALSE(one.gate.enter());
  limits.set("s3", work::check, 0);
  EXPECT_TRUE(one.gate.enter());
}

TEST_F(remote_limits_test, bandwidth_is_one_bucket_a_remote) {
  auto& throttle = limits.throttle("s3");
  throttle_chain chain{{&throttle, &limits.throttle("local")}};
  EXPECT_FALSE(chain.limits());

  limits.set_bandwidth("s3", 1000);

  EXPECT_TRUE(throttle.limits());
  EXPECT_TRUE(chain.limits());
  EXPECT_EQ(&limits.throttle("s3"), &throttle);
  EXPECT_EQ(limits.all().at("s3").bandwidth, 1000);
  limits.set_bandwidth("s3", -1);
  EXPECT_FALSE(chain.limits());
}

} // namespace
} // namespace argosy
