#include "backends/pacer.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Stands still but for those who wait.
class virtual_clock final : public wait_clock {
public:
  duration now() const override { return now_; }
  void wait(const may_block& on, duration time) override {
    on.check();
    now_ += time;
    waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  }
  void pass(duration time) { now_ += time; }
  std::vector<std::int64_t> waits; ///< milliseconds

private:
  duration now_{0};
};

class Pacer : public ::testing::Test {
protected:
  template <class Work>
  void run(Work work) {
    bench.run(std::move(work));
  }
  bench_of_storages bench;
  virtual_clock clock;
  pace how;
};

TEST_F(Pacer, RequestsFollowEachOtherAfterTheShortestPause) {
  pacer paced{how, clock, bench.log};

  run([&](const may_block& on) {
    for (int i = 0; i < 3; ++i) paced.call(on, [] {});
    clock.pass(1s);
    paced.call(on, [] {});
  });

  EXPECT_THAT(clock.waits, ElementsAre(10, 10));
}

TEST_F(Pacer, APauseDoublesWithEachFailureUpToTheLongest) {
  how.tries = 10;
  pacer paced{how, clock, bench.log};

  run([&](const may_block& on) {
    int attempts = 0;
    const auto f = failure_of([&] {
      paced.call(on, [&] {
        ++attempts;
        throw transient_failure{"busy"};
      });
    });
    EXPECT_EQ(attempts, 10);
    EXPECT_EQ(f.kind, failure_kind::retryable);
    EXPECT_EQ(f.text, "busy");
  });

  EXPECT_THAT(clock.waits, ElementsAre(20, 40, 80, 160, 320, 640, 1280, 2000, 2000));
}

TEST_F(Pacer, ASuccessGivesItsResultAndShrinksThePause) {
  pacer paced{how, clock, bench.log};
  int attempts = 0;

  run([&](const may_block& on) {
    EXPECT_EQ(paced.call(on,
                         [&] {
                           if (++attempts <= 3) throw transient_failure{"busy"};
                           return 7;
                         }),
              7);
    for (int i = 0; i < 3; ++i) paced.call(on, [] {});
  });

  EXPECT_THAT(clock.waits, ElementsAre(20, 40, 80, 80, 60, 45));
}

TEST_F(Pacer, AServerThatNamesATimeIsWaitedForThatLong) {
  pacer paced{how, clock, bench.log};
  bool first = true;

  run([&](const may_block& on) {
    paced.call(on, [&] {
      if (std::exchange(first, false)) throw transient_failure{"busy", 7s};
    });
  });

  EXPECT_THAT(clock.waits, ElementsAre(7000));
}

TEST_F(Pacer, AServerThatWantsTooMuchTimeIsNotWaitedFor) {
  pacer paced{how, clock, bench.log};

  run([&](const may_block& on) {
    EXPECT_EQ(failure_of([&] { paced.call(on, [] { throw transient_failure{"busy", 1h}; }); }).text, "busy");
  });

  EXPECT_THAT(clock.waits, IsEmpty());
}

TEST_F(Pacer, OtherFailuresAreNotTriedAgain) {
  pacer paced{how, clock, bench.log};
  int attempts = 0;

  run([&](const may_block& on) {
    const auto f = failure_of([&] {
      paced.call(on, [&] {
        ++attempts;
        fail(failure_kind::object_not_found, "object not found");
      });
    });
    EXPECT_EQ(f.kind, failure_kind::object_not_found);
  });

  EXPECT_EQ(attempts, 1);
}

TEST_F(Pacer, WhatCannotBeSentAgainIsTriedOnceButSlowsDownTheOthers) {
  pacer paced{how, clock, bench.log};
  int attempts = 0;

  run([&](const may_block& on) {
    failure_of([&] {
      paced.once(on, [&] {
        ++attempts;
        throw transient_failure{"busy"};
      });
    });
    paced.call(on, [] {});
  });

  EXPECT_EQ(attempts, 1);
  EXPECT_THAT(clock.waits, ElementsAre(20));
}

TEST_F(Pacer, ACancelledCallIsNotTriedAgain) {
  pacer paced{how, clock, bench.log};
  cancellation stop;
  int attempts = 0;

  const auto f = failure_of([&] {
    bench.run(
        [&](const may_block& on) {
          paced.call(on, [&] {
            ++attempts;
            stop.cancel();
            throw transient_failure{"busy"};
          });
        },
        {stop, nullptr, nullptr});
  });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
  EXPECT_EQ(attempts, 1);
}

TEST_F(Pacer, TransactionsComeAtTheirRateAfterTheBurst) {
  transaction_limiter limit;
  limit.set(10, 3);

  run([&](const may_block& on) {
    for (int i = 0; i < 6; ++i) limit.pass(on, clock);
    clock.pass(1h);
    for (int i = 0; i < 4; ++i) limit.pass(on, clock);
  });

  EXPECT_THAT(clock.waits, ElementsAre(100, 100, 100, 100));
}

TEST_F(Pacer, NoLimitOfTransactionsIsNoLimit) {
  transaction_limiter limit;
  limit.set(1, 1);
  limit.set(0, 1);

  run([&](const may_block& on) {
    for (int i = 0; i < 100; ++i) limit.pass(on, clock);
  });

  EXPECT_THAT(clock.waits, IsEmpty());
}

TEST_F(Pacer, TheClockOfTheSystemStopsWaitingWhenCancelled) {
  steady_wait_clock real;
  cancellation stop;
  stop.cancel();

  const auto f = failure_of([&] {
    bench.run([&](const may_block& on) { real.wait(on, 1h); }, {stop, nullptr, nullptr});
  });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
}

} // namespace
} // namespace argosy
