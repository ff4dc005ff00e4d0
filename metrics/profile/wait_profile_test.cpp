#include "metrics/profile/wait_profile.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(WaitProfile, IsOffAndEmptyAtFirst) {
  wait_profile waits{wait_profile::sampling::by_duration};

  waits.record({1}, 100);

  EXPECT_FALSE(waits.on());
  EXPECT_THAT(waits.read().samples, IsEmpty());
}

TEST(WaitProfile, RateGivesTheOneBefore) {
  wait_profile waits{wait_profile::sampling::by_event};

  EXPECT_EQ(waits.rate(5), 0);
  EXPECT_EQ(waits.rate(0), 5);
}

TEST(WaitProfile, CountsAndAddsUpByStack) {
  wait_profile waits{wait_profile::sampling::by_duration};
  waits.rate(1);

  waits.record({1}, 100);
  waits.record({1}, 50);
  waits.record({2}, 500);

  const auto p = waits.read();
  ASSERT_THAT(p.samples, SizeIs(2));
  EXPECT_THAT(p.samples[0].values, ElementsAre(1, 500));
  EXPECT_THAT(p.samples[1].values, ElementsAre(2, 150));
  EXPECT_STREQ(p.types[1].unit, "nanoseconds");
}

TEST(WaitProfile, ShortWaitsStandForThoseLeftOut) {
  wait_profile waits{wait_profile::sampling::by_duration};
  waits.rate(1000);

  for (int i = 0; i < 20'000; ++i) waits.record({1}, 100); // a tenth of the rate

  const auto p = waits.read();
  EXPECT_NEAR(static_cast<double>(p.samples.at(0).values[0]), 20'000, 4'000);
  EXPECT_NEAR(static_cast<double>(p.samples.at(0).values[1]), 2'000'000, 400'000);
}

TEST(WaitProfile, OneEventInSoManyStandsForAll) {
  wait_profile waits{wait_profile::sampling::by_event};
  waits.rate(10);

  for (int i = 0; i < 20'000; ++i) waits.record({1}, 7);

  EXPECT_NEAR(static_cast<double>(waits.read().samples.at(0).values[0]), 20'000, 4'000);
}

TEST(WaitProfile, KeepsABoundedNumberOfStacks) {
  wait_profile waits{wait_profile::sampling::by_duration};
  waits.rate(1);
  for (std::uintptr_t i = 0; i < wait_profile::most_stacks + 10; ++i) waits.record({i + 1}, 100);

  waits.record({1}, 100);

  EXPECT_EQ(waits.stacks(), wait_profile::most_stacks);
  EXPECT_THAT(waits.read().samples.front().values, ElementsAre(2, 200)) << "those that are known still count";
}

TEST(WaitProfile, LockThatIsFreeIsNoWait) {
  wait_profile waits{wait_profile::sampling::by_event};
  waits.rate(1);
  std::mutex mutex;

  { const auto held = waits.lock(mutex); }

  EXPECT_EQ(waits.stacks(), 0U);
}

// Whether a thread stands at a lock cannot be seen from outside: tried until one did, at most 30 s.
TEST(WaitProfile, LockThatOthersHoldIsAWait) {
  wait_profile waits{wait_profile::sampling::by_event};
  waits.rate(1);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);

  while (waits.stacks() == 0 && std::chrono::steady_clock::now() < limit) {
    std::mutex mutex;
    std::unique_lock<std::mutex> held{mutex};
    std::atomic<bool> there{false};
    std::thread other{[&] {
      there = true;
      EXPECT_TRUE(waits.lock(mutex).owns_lock());
    }};
    while (!there) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    held.unlock();
    other.join();
  }

  EXPECT_EQ(waits.stacks(), 1U);
  EXPECT_GT(waits.read().samples.at(0).values[1], 0);
}

} // namespace
} // namespace argosy
