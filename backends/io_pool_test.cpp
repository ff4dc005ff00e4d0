#include "backends/io_pool.hpp"

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using testing::failure_of;

// Waits for what a thread does on its own, with a deadline instead of a guess.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(IoPool, RunsEveryTaskOnce) {
  ledger book;
  std::atomic<int> ran{0};
  {
    io_pool pool{book, {}};
    for (int i = 0; i < 1000; ++i) pool.post({}, [&](const may_block&) { ++ran; });
  }

  EXPECT_EQ(ran, 1000);
}

TEST(IoPool, OneThreadStartsTasksInOrder) {
  ledger book;
  std::vector<int> order;
  {
    io_pool pool{book, {1, std::chrono::seconds{30}}};
    for (int i = 0; i < 100; ++i) pool.post({}, [&order, i](const may_block&) { order.push_back(i); });
  }

  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.size(), 100U);
}

TEST(IoPool, GrowsToItsBoundAndNotBeyond) {
  ledger book;
  io_pool pool{book, {3, std::chrono::seconds{30}}};
  std::promise<void> gate;
  const auto open = gate.get_future().share();
  std::atomic<int> running{0};

  for (int i = 0; i < 10; ++i)
    pool.post({}, [&, open](const may_block&) {
      ++running;
      open.wait();
    });

  EXPECT_TRUE(eventually([&] { return running == 3; }));
  EXPECT_EQ(pool.threads(), 3U);
  EXPECT_EQ(pool.waiting(), 7U);
  gate.set_value();
  EXPECT_TRUE(eventually([&] { return running == 10; }));
  EXPECT_EQ(pool.threads(), 3U);
}

TEST(IoPool, AnIdleThreadIsUsedAgain) {
  ledger book;
  io_pool pool{book, {}};
  std::set<std::thread::id> threads;

  for (int i = 0; i < 20; ++i) {
    run_and_wait(pool, [&](const may_block&) { threads.insert(std::this_thread::get_id()); });
    ASSERT_TRUE(eventually([&] {
      for (const auto& c : book.counts(true))
        if (c.what == resource::thread && std::string{c.state} != "idle") return false;
      return true;
    }));
  }

  EXPECT_EQ(threads.size(), 1U);
}

TEST(IoPool, IdleThreadsRetire) {
  ledger book;
  io_pool pool{book, {8, std::chrono::milliseconds{1}}};

  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 8; ++i) pool.post({}, [](const may_block&) {});
    EXPECT_TRUE(eventually([&] { return pool.threads() == 0; }));
    EXPECT_EQ(book.live(resource::thread), 0U);
  }
}

TEST(IoPool, ThreadsAreInTheLedgerAndLeaveIt) {
  ledger book;
  {
    io_pool pool{book, {}};
    run_and_wait(pool, [](const may_block&) {});
    EXPECT_EQ(book.live(resource::thread), 1U);
  }

  EXPECT_EQ(book.live(), 0U);
  EXPECT_GE(book.entered(resource::thread), 1U);
}

TEST(IoPool, ATaskDiesBeforeTheNextBegins) {
  ledger book;
  io_pool pool{book, {1, std::chrono::seconds{30}}};
  const auto owned = std::make_shared<int>(1);

  pool.post({}, [owned](const may_block&) {});
  const auto users = run_and_wait(pool, [&](const may_block&) { return owned.use_count(); });

  EXPECT_EQ(users, 1);
}

TEST(IoPool, FailuresComeBackThroughRunAndWait) {
  ledger book;
  io_pool pool{book, {}};

  const auto f =
      failure_of([&] { run_and_wait(pool, [](const may_block&) { fail(failure_kind::fatal, "broken"); }); });

  EXPECT_EQ(f.kind, failure_kind::fatal);
  EXPECT_EQ(f.text, "broken");
}

TEST(IoPool, EveryTaskHasANumberOfItsOwn) {
  ledger book;
  io_pool pool{book, {}};
  const auto number = [](const may_block& on) { return on.task(); };

  const auto first = run_and_wait(pool, number);

  EXPECT_NE(first, run_and_wait(pool, number));
  EXPECT_TRUE(
      run_and_wait(pool, [](const may_block& on) { return on.for_listener(nullptr).task() == on.task(); }));
}

TEST(MayBlock, CancelledWorkEndsWithContextCanceled) {
  ledger book;
  io_pool pool{book, {}};
  io_pool::scope scope;
  scope.stop.cancel();

  for (const bool accounting : {false, true}) {
    const auto f = failure_of([&] {
      run_and_wait(
          pool, [&](const may_block& on) { accounting ? on.account(1) : on.check(); }, scope);
    });

    EXPECT_EQ(f.kind, failure_kind::cancelled);
    EXPECT_EQ(f.text, "context canceled");
  }
}

TEST(MayBlock, AccountingTellsTheListenerOfTheFile) {
  ledger book;
  io_pool pool{book, {}};
  testing::cancel_after all{{}, UINT64_MAX};
  testing::cancel_after file{{}, UINT64_MAX};

  run_and_wait(pool,
               [&](const may_block& on) {
                 on.account(5);
                 on.for_listener(&file).account(7);
                 on.for_listener(&file).account_free(1);
               },
               {{}, nullptr, &all});

  EXPECT_EQ(all.seen, 5U);
  EXPECT_EQ(file.seen, 8U);
}

} // namespace
} // namespace argosy
