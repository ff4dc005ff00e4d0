#include "actors/stats/stats.hpp"

#include <cmath>

#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

using namespace std::chrono_literals;

class stats_test : public testing::actor_test {
protected:
  stats_actor spawn(std::uint64_t most = 1000) { return root(spawn_stats(sys(), with(), most)); }
  stats_group_actor group(const stats_actor& all, const std::string& name) {
    return *ask<stats_group_actor>(all, group_atom_v, name);
  }
  stats_snapshot figures(const stats_actor& all, const std::string& name) {
    return *ask<stats_snapshot>(all, caf::get_atom_v, name);
  }
  std::pair<bool, std::vector<std::string>> list(const stats_actor& all) {
    std::pair<bool, std::vector<std::string>> got;
    auto pending = self()->request(all, caf::infinite, list_atom_v);
    mail();
    pending.receive(
        [&](bool any, std::vector<std::string>& names) {
          got = {any, names};
        },
        [](const caf::error& e) { ADD_FAILURE() << text_of(e); });
    return got;
  }
  static stats_delta transfers(std::int64_t n) {
    stats_delta delta;
    delta.transfers = n;
    return delta;
  }
  std::shared_ptr<transfer_progress> running(const std::string& name, std::int64_t size) {
    auto run = std::make_shared<file_run>();
    run->files.push_back({name, size, 0});
    return std::make_shared<transfer_progress>(run, "/from", "/to", with().metrics.transfers());
  }
};

using name_list = std::vector<std::string>;

TEST_F(stats_test, groups_are_listed_in_the_order_of_their_making) {
  const auto all = spawn();

  group(all, "z");
  group(all, "a");
  group(all, "m");
  group(all, "a");

  EXPECT_EQ(list(all).second, (name_list{"z", "a", "m"}));
}

TEST_F(stats_test, the_same_name_is_the_same_group) {
  const auto all = spawn();

  EXPECT_EQ(group(all, "a"), group(all, "a"));
  EXPECT_NE(group(all, "a"), group(all, "b"));
}

TEST_F(stats_test, there_was_no_group_until_one_is_made) {
  const auto all = spawn();
  EXPECT_FALSE(list(all).first);

  group(all, "a");
  EXPECT_TRUE(list(all).first);

  EXPECT_TRUE(ask<void>(all, caf::delete_atom_v, "a"));
  EXPECT_EQ(list(all), (std::pair{true, name_list{}}));
}

TEST_F(stats_test, a_reset_of_all_forgets_that_there_ever_was_a_group) {
  const auto all = spawn();
  tell(group(all, "a"), caf::add_atom_v, transfers(3));

  EXPECT_TRUE(ask<void>(all, caf::reset_atom_v, ""));

  EXPECT_EQ(list(all), (std::pair{false, name_list{}}));
  EXPECT_EQ(figures(all, "").transfers, 0);
}

TEST_F(stats_test, global_stats_is_hidden_but_part_of_the_sum) {
  const auto all = spawn();

  tell(group(all, global_stats), caf::add_atom_v, transfers(5));
  EXPECT_EQ(list(all), (std::pair{false, name_list{}}));
  tell(group(all, "a"), caf::add_atom_v, transfers(2));

  EXPECT_EQ(list(all), (std::pair{true, name_list{"a"}}));
  EXPECT_EQ(figures(all, "").transfers, 7);
}

TEST_F(stats_test, asking_for_the_figures_of_an_unknown_group_makes_it) {
  const auto all = spawn();

  EXPECT_EQ(figures(all, "new").transfers, 0);
  EXPECT_TRUE(ask<std::vector<transfer_record>>(all, caf::flush_atom_v, "other")->empty());

  EXPECT_EQ(list(all), (std::pair{true, name_list{"new", "other"}}));
}

TEST_F(stats_test, the_oldest_group_goes_when_there_are_too_many_and_its_figures_stay_in_the_sum) {
  const auto all = spawn(2);
  tell(group(all, "a"), caf::add_atom_v, transfers(1));
  tell(group(all, "b"), caf::add_atom_v, transfers(10));

  group(all, "c");

  EXPECT_EQ(list(all).second, (name_list{"b", "c"}));
  EXPECT_EQ(figures(all, "").transfers, 11);
}

TEST_F(stats_test, global_stats_is_not_counted_among_the_groups_and_never_evicted) {
  const auto all = spawn(2);
  tell(group(all, global_stats), caf::add_atom_v, transfers(1));

  group(all, "a");
  group(all, "b");
  EXPECT_EQ(list(all).second, (name_list{"a", "b"}));
  group(all, "c");

  EXPECT_EQ(list(all).second, (name_list{"b", "c"}));
  EXPECT_EQ(figures(all, global_stats).transfers, 1);
}

TEST_F(stats_test, the_sum_does_not_step_back_while_a_group_is_on_its_way_out) {
  const auto all = spawn(1);
  tell(group(all, "a"), caf::add_atom_v, transfers(4));
  mail();

  // Both questions reach the table before the evicted group can have told its last figures.
  auto made = self()->request(all, caf::infinite, group_atom_v, "b");
  auto sum = self()->request(all, caf::infinite, caf::get_atom_v, "");
  mail();

  EXPECT_TRUE(answer_to<stats_group_actor>(made));
  EXPECT_EQ(answer_to<stats_snapshot>(sum)->transfers, 4);
  EXPECT_EQ(figures(all, "").transfers, 4);
}

TEST_F(stats_test, a_reset_of_all_holds_although_a_group_is_on_its_way_out) {
  const auto all = spawn(1);
  tell(group(all, "a"), caf::add_atom_v, transfers(4));
  mail();

  auto made = self()->request(all, caf::infinite, group_atom_v, "b");
  auto reset = self()->request(all, caf::infinite, caf::reset_atom_v, "");
  mail();

  EXPECT_TRUE(answer_to<stats_group_actor>(made));
  EXPECT_TRUE(answer_to<void>(reset));
  EXPECT_EQ(figures(all, "").transfers, 0);
}

TEST_F(stats_test, a_new_bound_holds_from_the_next_group_on) {
  const auto all = spawn(10);
  group(all, "a");
  group(all, "b");
  group(all, "c");

  tell(all, caf::put_atom_v, std::uint64_t{1});
  group(all, "d");

  EXPECT_EQ(list(all).second, name_list{"d"});
}

TEST_F(stats_test, a_reset_group_stays_listed_with_zeroes) {
  const auto all = spawn();
  tell(group(all, "a"), caf::add_atom_v, transfers(3));
  tell(group(all, "b"), caf::add_atom_v, transfers(1));

  EXPECT_TRUE(ask<void>(all, caf::reset_atom_v, "a"));

  EXPECT_EQ(list(all).second, (name_list{"a", "b"}));
  EXPECT_EQ(figures(all, "a").transfers, 0);
  EXPECT_EQ(figures(all, "").transfers, 1);
}

TEST_F(stats_test, an_unknown_group_cannot_be_reset_but_forgotten) {
  const auto all = spawn();

  const auto reset = ask<void>(all, caf::reset_atom_v, "g");
  const auto deleted = ask<void>(all, caf::delete_atom_v, "g");

  ASSERT_FALSE(reset);
  EXPECT_EQ(text_of(reset.error()), "group \"g\" not found");
  EXPECT_TRUE(deleted);
  EXPECT_FALSE(list(all).first);
}

TEST_F(stats_test, a_forgotten_group_leaves_the_sum_and_begins_anew_under_its_name) {
  const auto all = spawn();
  tell(group(all, "a"), caf::add_atom_v, transfers(3));
  tell(group(all, "b"), caf::add_atom_v, transfers(4));

  EXPECT_TRUE(ask<void>(all, caf::delete_atom_v, "a"));

  EXPECT_EQ(figures(all, "").transfers, 4);
  EXPECT_EQ(figures(all, "a").transfers, 0);
}

TEST_F(stats_test, the_sum_concatenates_what_is_finished_and_names_the_groups) {
  const auto all = spawn();
  stats_delta one, two;
  one.completed.push_back({});
  one.completed[0].name = "x";
  two.completed.push_back({});
  two.completed[0].name = "y";

  tell(group(all, "a"), caf::add_atom_v, one);
  tell(group(all, "b"), caf::add_atom_v, two);
  const auto finished = *ask<std::vector<transfer_record>>(all, caf::flush_atom_v, "");

  ASSERT_EQ(finished.size(), 2u);
  EXPECT_EQ(finished[0].name, "x");
  EXPECT_EQ(finished[0].group, "a");
  EXPECT_EQ(finished[1].name, "y");
  EXPECT_EQ(finished[1].group, "b");
}

TEST_F(stats_test, the_sum_ors_flags_and_takes_the_first_error) {
  const auto all = spawn();
  stats_delta one, two;
  one.errors = two.errors = 1;
  one.last_error = "first";
  two.last_error = "second";
  two.fatal_error = true;

  tell(group(all, "a"), caf::add_atom_v, one);
  tell(group(all, "b"), caf::add_atom_v, two);

  const auto sum = figures(all, "");
  EXPECT_EQ(sum.errors, 2);
  EXPECT_EQ(sum.last_error, "first");
  EXPECT_TRUE(sum.fatal_error);
  EXPECT_FALSE(sum.retry_error);
}

TEST_F(stats_test, a_sum_over_nothing_is_answered) { EXPECT_EQ(figures(spawn(), "").transfers, 0); }

TEST_F(stats_test, the_average_follows_the_seconds_and_stays_when_nothing_runs) {
  const auto one = spawn_stats_group(sys(), with(), "g");
  const auto run = running("file", 10'000);
  const auto speed = [&] { return ask<stats_snapshot>(one, caf::get_atom_v)->speed; };
  run->begin(0);
  tell(one, started_atom_v, run);
  mail();

  run->bytes(100);
  pass(1s);
  EXPECT_DOUBLE_EQ(speed(), 100);
  run->bytes(300);
  pass(1s);
  EXPECT_DOUBLE_EQ(speed(), 200);
  run->end(true);
  stats_delta last = transfers(1);
  last.bytes = 400;
  tell(one, finished_atom_v, run, last);
  pass(10s);

  EXPECT_DOUBLE_EQ(speed(), 200);
  EXPECT_FALSE(sched().has_pending_timeout());
}

TEST_F(stats_test, the_average_of_a_group_goes_on_with_its_next_run) {
  const auto one = spawn_stats_group(sys(), with(), "g");
  const auto first = running("a", 100), second = running("b", 100);
  tell(one, started_atom_v, first);
  mail();
  pass(1s);
  tell(one, finished_atom_v, first, stats_delta{});
  pass(5s);

  tell(one, started_atom_v, second);
  mail();
  second->bytes(50);
  pass(1s);

  EXPECT_GT(ask<stats_snapshot>(one, caf::get_atom_v)->speed, 0);
  tell(one, finished_atom_v, second, stats_delta{});
}

TEST_F(stats_test, groups_end_with_their_registry_and_not_with_their_next_tick) {
  auto all = spawn_stats(sys(), with(), 10);
  const auto run = running("file", 100);
  tell(group(all, "g"), started_atom_v, run);
  mail();

  caf::anon_send_exit(all, caf::exit_reason::user_shutdown);
  all = nullptr;
  mail();

  EXPECT_TRUE(sched().has_pending_timeout());
  EXPECT_EQ(book().live(resource::actor), 0u);
}

TEST_F(stats_test, a_group_that_nobody_holds_ends) {
  const auto all = spawn();
  group(all, "a");
  ASSERT_EQ(book().live(resource::stats_group), 1u);

  EXPECT_TRUE(ask<void>(all, caf::delete_atom_v, "a"));

  EXPECT_EQ(book().live(resource::stats_group), 0u);
}

TEST_F(stats_test, what_is_told_to_a_group_enters_the_totals_of_the_process_too) {
  auto& totals = with().metrics.transfers();
  const stats_sink sink{spawn_stats_group(sys(), with(), "g"), totals};
  stats_delta delta = transfers(2);
  delta.bytes = 10;
  delta.checks = 3;
  delta.errors = 1;
  delta.fatal_error = true;

  sink.add(delta);

  EXPECT_EQ(totals.bytes.Value(), 10);
  EXPECT_EQ(totals.transfers.Value(), 2);
  EXPECT_EQ(totals.checks.Value(), 3);
  EXPECT_EQ(totals.errors.Value(), 1);
  EXPECT_EQ(totals.fatal_error.Value(), 1);
}

TEST_F(stats_test, bytes_of_a_run_are_counted_once_in_the_totals_of_the_process) {
  auto& totals = with().metrics.transfers();
  const auto one = spawn_stats_group(sys(), with(), "g");
  const stats_sink sink{one, totals};
  const auto run = running("file", 10);
  stats_delta last = transfers(1);
  last.bytes = 10;

  sink.started(run);
  run->begin(0);
  run->bytes(10);
  run->end(true);
  sink.finished(run, last);

  EXPECT_EQ(totals.bytes.Value(), 10);
  EXPECT_EQ(totals.transfers.Value(), 1);
  EXPECT_EQ(ask<stats_snapshot>(one, caf::get_atom_v)->bytes, 10);
}

} // namespace
} // namespace argosy
