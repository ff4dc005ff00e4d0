#include "actors/links/remotes.hpp"

#include <map>

#include "actors/defaults.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

using namespace std::chrono_literals;

class remotes_test : public testing::actor_test {
protected:
  void SetUp() override { all = root(spawn_remotes(sys(), with(), maker())); }
  void TearDown() override {
    all = nullptr;
    actor_test::TearDown();
  }

  caf::expected<remote> open(const std::string& fs, const std::string& overrides = {}) {
    return ask<remote>(all, caf::open_atom_v, fs, overrides);
  }
  std::uint64_t cached() { return *ask<std::uint64_t>(all, caf::get_atom_v); }
  void forget(const std::string& prefix) { EXPECT_TRUE(ask<void>(all, caf::delete_atom_v, prefix)); }
  std::size_t pools() {
    std::size_t n = 0;
    for (const auto& c : book().counts())
      if (c.what == resource::actor && std::string{c.kind} == "pool") n += c.live;
    return n;
  }

  remotes_actor all;
};

TEST_F(remotes_test, a_remote_is_a_storage_and_its_pool) {
  const auto one = open(":memory:bucket/dir");

  ASSERT_TRUE(one) << text_of(one.error());
  EXPECT_EQ(one->store->info().root, "bucket/dir");
  EXPECT_FALSE(one->file);
  EXPECT_TRUE(ask<session_loan>(one->pool, lease_atom_v, job_id{1}));
}

TEST_F(remotes_test, a_remote_is_made_once) {
  const auto first = open(":memory:b"), second = open(":memory:b");

  EXPECT_EQ(first->store, second->store);
  EXPECT_EQ(first->pool, second->pool);
  EXPECT_EQ(cached(), 1u);
}

TEST_F(remotes_test, those_that_ask_while_it_is_made_get_the_same) {
  std::vector<remote> got;
  for (int i = 0; i < 5; ++i)
    ask_aside<remote>(
        all, [&](remote& one) { got.push_back(one); }, [](caf::error& e) { ADD_FAILURE() << text_of(e); },
        caf::open_atom_v, std::string{":memory:b"}, std::string{});
  mail();
  EXPECT_EQ(io().pool().waiting(), 1u) << "made more than once";
  settle();

  ASSERT_EQ(got.size(), 5u);
  for (const auto& one : got) EXPECT_EQ(one.store, got[0].store);
}

TEST_F(remotes_test, another_text_is_another_remote) {
  const auto a = open(":memory:a"), b = open(":memory:b");

  EXPECT_NE(a->store, b->store);
  EXPECT_EQ(cached(), 2u);
}

TEST_F(remotes_test, errors_have_the_text_of_rclone_and_are_told_to_all_that_wait) {
  std::vector<std::string> errors;
  for (int i = 0; i < 2; ++i)
    ask_aside<remote>(
        all, [](remote&) { ADD_FAILURE() << "made"; }, [&](caf::error& e) { errors.push_back(text_of(e)); },
        caf::open_atom_v, std::string{"absent:x"}, std::string{});
  settle();

  const std::string text = "didn't find section in config file (\"absent\")";
  EXPECT_EQ(errors, (std::vector<std::string>{text, text}));
}

TEST_F(remotes_test, errors_are_not_cached) {
  EXPECT_EQ(text_of(open(":nonsense:").error()), "didn't find backend called \"nonsense\"");
  EXPECT_EQ(cached(), 0u);

  on_io([this](const may_block& on) {
    return maker().config().use(on, [](config_store& store) {
      auto next = store.load();
      next.set("late", "type", "memory");
      store.save(std::move(next));
      return 0;
    });
  });
  EXPECT_TRUE(open("late:"));
}

TEST_F(remotes_test, an_fs_that_is_a_file_names_its_leaf) {
  testing::scratch_folder folder;
  testing::write_file(folder / "sub/leaf", "x");

  const auto one = open(folder / "sub/leaf");

  ASSERT_TRUE(one) << text_of(one.error());
  EXPECT_EQ(one->file, "leaf");
  EXPECT_EQ(one->store->info().root, folder / "sub");
}

TEST_F(remotes_test, forgets_by_prefix) {
  for (const auto* fs : {":memory:aa", ":memory:ab", ":memory:b"}) open(fs);

  forget(":memory:a");
  EXPECT_EQ(cached(), 1u);
  forget("");

  EXPECT_EQ(cached(), 0u);
  EXPECT_EQ(pools(), 0u);
  EXPECT_EQ(book().live(resource::cached_remote), 0u);
}

TEST_F(remotes_test, a_forgotten_remote_still_serves_those_that_hold_it) {
  const auto one = *open(":memory:b");
  forget("");

  EXPECT_TRUE(ask<session_loan>(one.pool, lease_atom_v, job_id{1}));
  EXPECT_NE(open(":memory:b")->pool, one.pool);
}

TEST_F(remotes_test, those_that_wait_for_a_remote_get_it_although_all_are_forgotten_meanwhile) {
  int got = 0;
  ask_aside<remote>(
      all, [&](remote&) { ++got; }, [](caf::error& e) { ADD_FAILURE() << text_of(e); }, caf::open_atom_v,
      std::string{":memory:b"}, std::string{});
  mail();

  forget("");
  settle();

  EXPECT_EQ(got, 1);
}

TEST_F(remotes_test, unused_ones_are_swept) {
  open(":memory:old");
  pass(defaults::remote_unused - 30s);
  open(":memory:fresh");

  pass(30s + 2 * defaults::remote_sweep);

  EXPECT_EQ(cached(), 1u);
  pass(defaults::remote_unused + defaults::remote_sweep);
  EXPECT_EQ(cached(), 0u);
  EXPECT_EQ(pools(), 0u);
  EXPECT_FALSE(sched().has_pending_timeout());
}

TEST_F(remotes_test, using_one_keeps_it) {
  const auto one = *open(":memory:b");
  for (auto left = 2 * defaults::remote_unused / defaults::remote_sweep; left > 0; --left) {
    pass(defaults::remote_sweep);
    ASSERT_EQ(open(":memory:b")->pool, one.pool);
  }
  EXPECT_EQ(cached(), 1u);
}

TEST_F(remotes_test, sweeping_begins_again_with_the_next_remote) {
  open(":memory:b");
  pass(defaults::remote_unused + 2 * defaults::remote_sweep);
  ASSERT_EQ(cached(), 0u);

  open(":memory:b");
  pass(defaults::remote_unused + 2 * defaults::remote_sweep);

  EXPECT_EQ(cached(), 0u);
}

TEST_F(remotes_test, connections_that_are_idle_too_long_are_closed_while_the_remote_stays) {
  const auto one = *open(":memory:b");
  { const auto loan = *ask<session_loan>(one.pool, lease_atom_v, job_id{1}); }
  settle();
  ASSERT_EQ(book().live(resource::connection), 1u);

  pass(defaults::connection_idle - 1s);
  EXPECT_EQ(book().live(resource::connection), 1u);
  pass(1s + defaults::remote_sweep);

  EXPECT_EQ(book().live(resource::connection), 0u);
  EXPECT_EQ(cached(), 1u);
}

TEST_F(remotes_test, those_that_wait_when_it_is_destroyed_are_told) {
  std::string told;
  ask_aside<remote>(
      all, [](remote&) { ADD_FAILURE() << "made"; }, [&](caf::error& e) { told = text_of(e); },
      caf::open_atom_v, std::string{":memory:b"}, std::string{});
  mail();

  kill(all);
  settle();

  EXPECT_EQ(told, "context canceled");
}

} // namespace
} // namespace argosy
