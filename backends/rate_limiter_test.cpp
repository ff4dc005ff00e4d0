#include "backends/rate_limiter.hpp"

#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace argosy {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

milliseconds time_of(rate_limiter& limiter, std::uint64_t bytes, const cancellation& stop = {}) {
  const auto begin = clock::now();
  limiter.pass(bytes, stop);
  return std::chrono::duration_cast<milliseconds>(clock::now() - begin);
}

TEST(RateLimiter, UnlimitedNeverWaits) {
  rate_limiter limiter;

  EXPECT_EQ(limiter.rate(), -1);
  for (int i = 0; i < 1000; ++i) limiter.pass(UINT64_C(1) << 40, {});
}

TEST(RateLimiter, ThereIsNoBurstAtTheBeginning) {
  rate_limiter limiter;
  limiter.set_rate(10'000'000);

  EXPECT_GE(time_of(limiter, 1'000'000), milliseconds{95});
}

TEST(RateLimiter, KeepsItsRateOverManySmallPieces) {
  rate_limiter limiter;
  limiter.set_rate(10'000'000);
  const auto begin = clock::now();

  for (int i = 0; i < 200; ++i) limiter.pass(10'000, {});

  EXPECT_GE(clock::now() - begin, milliseconds{195});
}

TEST(RateLimiter, SeveralThreadsShareOneRate) {
  rate_limiter limiter;
  limiter.set_rate(10'000'000);
  const auto begin = clock::now();

  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) limiter.pass(50'000, {});
    });
  for (auto& t : threads) t.join();

  EXPECT_GE(clock::now() - begin, milliseconds{195});
}

TEST(RateLimiter, AHigherRateReachesWaitsUnderWay) {
  rate_limiter limiter;
  limiter.set_rate(1);
  auto waiting = std::async(std::launch::async, [&] { limiter.pass(1'000'000, {}); });
  ASSERT_EQ(waiting.wait_for(milliseconds{5}), std::future_status::timeout);

  limiter.set_rate(1'000'000'000);

  EXPECT_EQ(waiting.wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

TEST(RateLimiter, LiftingTheLimitEndsWaitsUnderWay) {
  rate_limiter limiter;
  limiter.set_rate(1);
  auto waiting = std::async(std::launch::async, [&] { limiter.pass(1'000'000, {}); });
  ASSERT_EQ(waiting.wait_for(milliseconds{5}), std::future_status::timeout);

  limiter.set_rate(0);

  EXPECT_EQ(limiter.rate(), -1);
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

TEST(RateLimiter, ACancelledWaitEndsSoonAndPassesItsShareOn) {
  rate_limiter limiter;
  limiter.set_rate(1'000'000);
  const cancellation stop;
  auto first = std::async(std::launch::async, [&] { limiter.pass(1'000'000'000, stop); });
  ASSERT_EQ(first.wait_for(milliseconds{5}), std::future_status::timeout);

  stop.cancel();

  EXPECT_EQ(first.wait_for(std::chrono::seconds{10}), std::future_status::ready);
  EXPECT_LT(time_of(limiter, 10'000), std::chrono::seconds{10});
}

} // namespace
} // namespace argosy
