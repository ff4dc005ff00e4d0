#include "actors/links/connection.hpp"

#include <deque>

#include "actors/defaults.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

using namespace std::chrono_literals;

/// A pool of connections to a storage that tells what happens to its sessions.
class pool_test : public testing::actor_test {
protected:
  void SetUp() override {
    store = std::make_shared<testing::hooked_storage>(
        make_storage("memory", "b"), [this](const std::string& operation, const std::string&) {
          if (operation == "connect" && refuse) fail(failure_kind::retryable, "connection refused");
          if (operation == "connect") ++connected;
          if (operation == "close") ++closed;
        });
  }
  pool_actor pool(std::size_t limit) { return spawn_pool(sys(), with(), store, limit); }
  session_loan lease(const pool_actor& from, job_id job = 1) {
    const auto got = ask<session_loan>(from, lease_atom_v, job);
    EXPECT_TRUE(got) << text_of(got.error());
    return got ? *got : session_loan{};
  }
  void ask_for_loan(const pool_actor& from, std::function<void(session_loan&)> then) {
    ask_aside<session_loan>(
        from, std::move(then), [](caf::error& e) { ADD_FAILURE() << text_of(e); }, lease_atom_v, job_id{9});
  }
  void give_back(session_loan& loan) {
    loan = {};
    settle();
  }
  /// Uses the session, which connects it.
  void use(const session_loan& loan) {
    on_io([&](const may_block& on) { loan.open(on); });
  }
  std::size_t connections() { return book().live(resource::connection); }

  std::shared_ptr<const testing::hooked_storage> store;
  int connected = 0, closed = 0; // written on the I/O thread while the test waits for it
  bool refuse = false;
};

TEST_F(pool_test, lends_a_session_of_its_storage) {
  const auto of = pool(2);
  auto loan = lease(of);

  EXPECT_TRUE(loan);
  EXPECT_EQ(connected, 0) << "before it is used";
  EXPECT_EQ(on_io([&](const may_block& on) { return loan.open(on).of().info().root; }), "b");
  EXPECT_EQ(connected, 1);
}

TEST_F(pool_test, keeps_the_session_for_the_next) {
  const auto of = pool(2);
  for (int i = 0; i < 3; ++i) {
    auto loan = lease(of);
    use(loan);
    give_back(loan);
  }
  EXPECT_EQ(connected, 1);
  EXPECT_EQ(closed, 0);
  EXPECT_EQ(connections(), 1u);
}

TEST_F(pool_test, takes_the_connection_that_came_back_last) {
  const auto of = pool(2);
  auto first = lease(of), second = lease(of);
  use(first);
  use(second);
  const auto* const last = on_io([&](const may_block& on) { return &first.open(on); });
  give_back(second);
  give_back(first);

  const auto next = lease(of);

  EXPECT_EQ(on_io([&](const may_block& on) { return &next.open(on); }), last);
}

TEST_F(pool_test, a_loan_goes_back_with_its_last_copy) {
  const auto of = pool(1);
  auto loan = lease(of);
  auto copy = loan;
  give_back(loan);
  auto waiting = self()->request(of, caf::infinite, lease_atom_v, job_id{2});
  settle();
  EXPECT_FALSE(answered());

  give_back(copy);

  EXPECT_TRUE(answer_to<session_loan>(waiting));
}

TEST_F(pool_test, never_has_more_connections_than_its_limit_and_serves_in_order) {
  const auto of = pool(2);
  std::deque<session_loan> loans{lease(of), lease(of)};
  std::vector<int> served;
  for (int i = 0; i < 4; ++i)
    ask_for_loan(of, [&, i](session_loan& loan) {
      served.push_back(i);
      loans.push_back(std::move(loan));
    });
  settle();
  EXPECT_TRUE(served.empty());

  for (int i = 0; i < 4; ++i) {
    give_back(loans.front());
    loans.pop_front();
    ASSERT_EQ(served.size(), static_cast<std::size_t>(i + 1));
    EXPECT_EQ(connections(), 2u);
  }

  EXPECT_EQ(served, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(pool_test, several_connections_are_lent_together_or_not_at_all) {
  const auto of = pool(3);
  auto one = lease(of), two = lease(of);
  std::vector<session_loan> several;
  ask_aside<std::vector<session_loan>>(
      of, [&](std::vector<session_loan>& loans) { several = loans; },
      [](caf::error& e) { ADD_FAILURE() << text_of(e); }, lease_atom_v, job_id{2}, std::uint64_t{2});
  int later = 0;
  ask_for_loan(of, [&](session_loan&) { ++later; });
  settle();
  EXPECT_TRUE(several.empty());
  EXPECT_EQ(later, 0) << "overtook";

  give_back(one);

  EXPECT_EQ(several.size(), 2u);
  EXPECT_EQ(connections(), 3u);
  give_back(two);
  EXPECT_EQ(later, 1);
}

TEST_F(pool_test, more_connections_than_there_can_be_are_refused) {
  const auto got = ask<std::vector<session_loan>>(pool(1), lease_atom_v, job_id{1}, std::uint64_t{2});
  ASSERT_FALSE(got);
  EXPECT_EQ(text_of(got.error()),
            "Memory root 'b': 2 connections at once are needed, but only 1 are possible");
}

TEST_F(pool_test, a_discarded_connection_ends) {
  const auto of = pool(2);
  auto loan = lease(of);
  use(loan);
  loan.discard();

  give_back(loan);
  EXPECT_EQ(connections(), 0u);
  EXPECT_EQ(closed, 1);
  use(lease(of));

  EXPECT_EQ(connected, 2);
}

TEST_F(pool_test, a_discarded_connection_makes_room_for_those_that_wait) {
  const auto of = pool(1);
  auto loan = lease(of);
  int served = 0;
  ask_for_loan(of, [&](session_loan&) { ++served; });
  settle();
  ASSERT_EQ(served, 0);

  loan.discard();
  give_back(loan);

  EXPECT_EQ(served, 1);
}

TEST_F(pool_test, what_connecting_gives_reaches_the_one_that_uses_the_session) {
  const auto of = pool(1);
  const auto loan = lease(of);
  refuse = true;

  try {
    use(loan);
    FAIL() << "connected";
  } catch (const failure& f) {
    EXPECT_STREQ(f.what(), "connection refused");
  }

  refuse = false;
  use(loan);
  EXPECT_EQ(connected, 1);
}

TEST_F(pool_test, closes_connections_that_were_idle_too_long) {
  const auto of = pool(3);
  auto first = lease(of), second = lease(of), third = lease(of);
  for (const auto* loan : {&first, &second, &third}) use(*loan);
  give_back(first);
  pass(defaults::connection_idle - 1s);
  give_back(second);

  pass(2s);
  tell(of, caf::tick_atom_v);
  settle();

  EXPECT_EQ(closed, 1);
  EXPECT_EQ(connections(), 2u) << "the fresh and the lent one";
  pass(defaults::connection_idle);
  tell(of, caf::tick_atom_v);
  settle();
  EXPECT_EQ(connections(), 1u) << "the lent one";
  give_back(third);
  EXPECT_EQ(connections(), 1u);
}

TEST_F(pool_test, keeps_idle_connections_as_long_as_the_storage_says) {
  store->idle = 5s;
  const auto of = pool(2);
  auto loan = lease(of);
  use(loan);
  give_back(loan);

  pass(4s);
  tell(of, caf::tick_atom_v);
  settle();
  EXPECT_EQ(closed, 0);
  pass(2s);
  tell(of, caf::tick_atom_v);
  settle();
  EXPECT_EQ(closed, 1);
}

TEST_F(pool_test, keeps_idle_connections_for_good_but_not_those_that_the_other_side_has_closed) {
  store->idle = 0s;
  const auto of = pool(2);
  auto loan = lease(of);
  use(loan);
  give_back(loan);

  pass(defaults::connection_idle * 100);
  tell(of, caf::tick_atom_v);
  settle();
  EXPECT_EQ(closed, 0);
  store->peer_has_closed = true;
  tell(of, caf::tick_atom_v);
  settle();
  EXPECT_EQ(closed, 1);
}

TEST_F(pool_test, closes_idle_connections_that_the_other_side_has_closed) {
  const auto of = pool(3);
  auto idle = lease(of), lent = lease(of);
  use(idle);
  use(lent);
  give_back(idle);
  store->peer_has_closed = true;

  tell(of, caf::tick_atom_v);
  settle();

  EXPECT_EQ(closed, 1);
  EXPECT_EQ(connections(), 1u) << "the lent one, which sees for itself";
  store->peer_has_closed = false;
  give_back(lent);
  tell(of, caf::tick_atom_v);
  settle();
  EXPECT_EQ(closed, 1) << "nothing is wrong with it";
}

TEST_F(pool_test, a_connection_that_asks_to_leave_while_it_is_lent_stays) {
  const auto of = pool(1);
  auto first = lease(of);
  use(first);
  give_back(first);
  store->peer_has_closed = true;

  tell(of, caf::tick_atom_v);
  session_loan second;
  ask_for_loan(of, [&](session_loan& loan) { second = loan; });
  settle();

  EXPECT_TRUE(second);
}

TEST_F(pool_test, a_session_shows_its_place_in_the_ledger) {
  const auto of = pool(1);
  const auto loan = lease(of);

  on_io(
      [&](const may_block& on) { static_cast<testing::hooked_session&>(loan.open(on)).show_place("here"); });

  const auto all = book().records();
  const auto found =
      std::find_if(all.begin(), all.end(), [](const auto& r) { return r.what == resource::connection; });
  ASSERT_NE(found, all.end());
  EXPECT_EQ(found->detail, "here");
}

TEST_F(pool_test, retired_it_keeps_nothing_but_serves_those_that_hold_it) {
  const auto of = pool(2);
  auto idle = lease(of), lent = lease(of);
  use(idle);
  use(lent);
  give_back(idle);
  tell(of, stop_atom_v);
  settle();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(connections(), 1u);

  give_back(lent);
  EXPECT_EQ(connections(), 0u);
  auto late = lease(of);
  use(late);
  give_back(late);

  EXPECT_EQ(connections(), 0u);
  EXPECT_EQ(closed, 3);
}

TEST_F(pool_test, that_nobody_holds_takes_its_connections_with_it) {
  {
    const auto of = pool(2);
    auto one = lease(of), two = lease(of);
    use(one);
    use(two);
    give_back(one);
    give_back(two);
    ASSERT_EQ(connections(), 2u);
  }
  settle();

  EXPECT_EQ(connections(), 0u);
  EXPECT_EQ(closed, 2);
}

TEST_F(pool_test, a_session_outlives_its_pool_while_it_is_lent) {
  auto loan = lease(pool(1));
  settle();
  use(loan);
  EXPECT_EQ(closed, 0);

  give_back(loan);

  EXPECT_EQ(closed, 1);
  EXPECT_EQ(connections(), 0u);
}

TEST_F(pool_test, leases_that_wait_when_it_is_destroyed_are_told) {
  const auto of = pool(1);
  const auto loan = lease(of);
  std::string told;
  ask_aside<session_loan>(
      of, [](session_loan&) { ADD_FAILURE() << "lent"; }, [&](caf::error& e) { told = text_of(e); },
      lease_atom_v, job_id{2});
  settle();

  kill(of);

  EXPECT_EQ(told, "context canceled");
}

TEST_F(pool_test, a_loan_for_somebody_who_is_gone_comes_back) {
  const auto of = pool(1);
  auto loan = lease(of);
  {
    caf::scoped_actor gone{sys(), true};
    gone->request(of, caf::infinite, lease_atom_v, job_id{2});
    mail();
  }
  give_back(loan);

  EXPECT_TRUE(lease(of));
}

TEST_F(pool_test, a_connection_that_is_lent_is_not_lent_again) {
  const auto one = spawn_connection(sys(), with(), store, pool(1).address());
  auto loan = ask<session_loan>(one, lend_atom_v, job_id{1});

  const auto second = ask<session_loan>(one, lend_atom_v, job_id{2});

  ASSERT_TRUE(loan);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), ec::stopping);
}

TEST_F(pool_test, a_connection_that_is_stopped_while_it_is_lent_is_closed_when_it_comes_back) {
  const auto one = spawn_connection(sys(), with(), store, pool(1).address());
  auto loan = *ask<session_loan>(one, lend_atom_v, job_id{1});
  use(loan);
  tell(one, stop_atom_v);
  settle();
  EXPECT_EQ(closed, 0);

  give_back(loan);

  EXPECT_EQ(closed, 1);
  EXPECT_EQ(connections(), 0u);
}

TEST_F(pool_test, the_book_tells_what_a_connection_does) {
  const auto of = pool(1);
  const auto state = [this] {
    for (const auto& r : book().records())
      if (r.what == resource::connection) return std::string{r.state} + " " + r.detail;
    return std::string{"none"};
  };
  auto loan = lease(of);
  EXPECT_EQ(state(), "lent ");
  loan.doing("listing", "dir");
  EXPECT_EQ(state(), "listing dir");

  give_back(loan);

  EXPECT_EQ(state().rfind("idle", 0), 0u);
}

} // namespace
} // namespace argosy
