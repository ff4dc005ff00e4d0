#include "actors/stats/counters.hpp"

#include <gtest/gtest.h>

#include "actors/defaults.hpp"
#include "actors/stats/delta.hpp"

namespace argosy {
namespace {

constexpr nanoseconds one_second = 1'000'000'000;

class stats_counters_test : public ::testing::Test {
protected:
  std::shared_ptr<transfer_progress> run(run_kind kind, std::vector<std::int64_t> sizes,
                                         const std::string& directory = "d") {
    auto files = std::make_shared<file_run>();
    files->kind = kind;
    files->directory = directory;
    for (const auto size : sizes)
      files->files.push_back({"f" + std::to_string(files->files.size()), size, 0});
    return std::make_shared<transfer_progress>(files, "/from", "/to", metrics.transfers());
  }
  static transfer_record record(const std::string& name, nanoseconds started = 0) {
    transfer_record r;
    r.name = name;
    r.started = started;
    return r;
  }
  std::vector<std::string> completed_names() const {
    std::vector<std::string> names;
    for (const auto& r : books.completed()) names.push_back(r.name);
    return names;
  }

  ledger book;
  metrics_registry metrics{book};
  stats_counters books{"g", 10 * one_second};
};

TEST_F(stats_counters_test, every_number_of_a_delta_is_added) {
  stats_delta d;
  d.bytes = 1, d.checks = 2, d.transfers = 3, d.deletes = 4, d.deleted_dirs = 5, d.renames = 6, d.listed = 7;
  d.errors = 8, d.server_side_copies = 9, d.server_side_copy_bytes = 10, d.server_side_moves = 11;
  d.server_side_move_bytes = 12;

  books.add(d);
  books.add(d);

  const auto s = books.snapshot(0);
  EXPECT_EQ((std::vector<std::int64_t>{s.bytes, s.checks, s.transfers, s.deletes, s.deleted_dirs, s.renames,
                                       s.listed, s.errors, s.server_side_copies, s.server_side_copy_bytes,
                                       s.server_side_moves, s.server_side_move_bytes}),
            (std::vector<std::int64_t>{2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24}));
}

TEST_F(stats_counters_test, flags_stay_and_the_last_error_is_the_latest) {
  stats_delta first, second_one, third;
  first.retry_error = true;
  first.last_error = "one";
  second_one.fatal_error = true;
  second_one.last_error = "two";

  books.add(first);
  books.add(second_one);
  books.add(third);

  const auto s = books.snapshot(0);
  EXPECT_TRUE(s.retry_error);
  EXPECT_TRUE(s.fatal_error);
  EXPECT_EQ(s.last_error, "two");
}

TEST_F(stats_counters_test, totals_are_what_is_done_and_what_is_queued) {
  stats_delta d;
  d.bytes = 10, d.transfers = 1, d.checks = 2;
  d.queued_bytes = 90, d.queued_transfers = 4, d.queued_checks = 3;

  books.add(d);

  const auto s = books.snapshot(0);
  EXPECT_EQ(s.total_bytes, 100);
  EXPECT_EQ(s.total_transfers, 5);
  EXPECT_EQ(s.total_checks, 5);
}

TEST_F(stats_counters_test, a_running_file_shows_its_bytes_while_it_flows) {
  const auto flowing = run(run_kind::copy, {1000});
  books.started(flowing, 10 * one_second);
  flowing->begin(0);
  flowing->bytes(400);

  const auto s = books.snapshot(11 * one_second);

  EXPECT_EQ(s.bytes, 400);
  EXPECT_EQ(s.transfers, 0);
  ASSERT_EQ(s.transferring.size(), 1u);
  EXPECT_EQ(s.transferring[0].name, "d/f0");
  EXPECT_EQ(s.transferring[0].group, "g");
  EXPECT_EQ(s.transferring[0].size, 1000);
  EXPECT_EQ(s.transferring[0].bytes, 400);
  EXPECT_EQ(s.transferring[0].source_fs, "/from");
  EXPECT_EQ(s.transferring[0].destination_fs, "/to");
}

TEST_F(stats_counters_test, no_figure_steps_back_when_a_run_ends) {
  const auto flowing = run(run_kind::copy, {1000, 500});
  stats_delta queued;
  queued.queued_transfers = 2;
  queued.queued_bytes = 1500;
  books.add(queued);
  books.started(flowing, 10 * one_second);
  flowing->begin(0);
  flowing->bytes(1000);
  flowing->end(true);
  flowing->begin(1);
  flowing->bytes(500);
  flowing->end(true);
  const auto before = books.snapshot(11 * one_second);

  stats_delta last;
  last.bytes = 1500;
  last.transfers = 2;
  last.queued_transfers = -2;
  last.queued_bytes = -1500;
  books.finished(flowing, last, 11 * one_second);
  const auto after = books.snapshot(11 * one_second);

  EXPECT_EQ(before.bytes, 1500);
  EXPECT_EQ(before.transfers, 2);
  EXPECT_EQ(before.total_bytes, 1500);
  EXPECT_EQ(after.bytes, before.bytes);
  EXPECT_EQ(after.transfers, before.transfers);
  EXPECT_EQ(after.total_bytes, before.total_bytes);
  EXPECT_EQ(after.total_transfers, 2);
  EXPECT_TRUE(after.transferring.empty());
  EXPECT_FALSE(books.anything_running());
}

TEST_F(stats_counters_test, checking_runs_show_names_only) {
  for (const auto kind : {run_kind::check, run_kind::check_hash, run_kind::remove, run_kind::remove_source}) {
    const auto checking = run(kind, {5});
    books.started(checking, 0);
    checking->begin(0);

    const auto s = books.snapshot(0);

    EXPECT_EQ(s.checking, std::vector<std::string>{"d/f0"});
    EXPECT_TRUE(s.transferring.empty());
    books.finished(checking, {}, 0);
  }
}

TEST_F(stats_counters_test, running_files_are_ordered_by_start_then_name) {
  const auto b = run(run_kind::copy, {1}, "b"), a = run(run_kind::copy, {1}, "a"),
             idle = run(run_kind::copy, {1});
  books.started(b, 0);
  books.started(a, 0);
  books.started(idle, 0);
  b->begin(0);
  a->begin(0);

  const auto s = books.snapshot(0);

  ASSERT_EQ(s.transferring.size(), 2u);
  const auto key = [](const running_transfer& t) { return std::pair{t.started, t.name}; };
  EXPECT_LT(key(s.transferring[0]), key(s.transferring[1]));
}

TEST_F(stats_counters_test, transfer_time_is_the_union_of_the_runs) {
  const auto a = run(run_kind::copy, {1}), b = run(run_kind::copy, {1}), c = run(run_kind::copy, {1});
  books.started(a, 10 * one_second);
  books.started(b, 12 * one_second);
  EXPECT_DOUBLE_EQ(books.snapshot(13 * one_second).transfer_time, 3);
  books.finished(a, {}, 14 * one_second);
  books.finished(b, {}, 16 * one_second);
  books.started(c, 20 * one_second);
  books.finished(c, {}, 21 * one_second);

  const auto s = books.snapshot(30 * one_second);
  EXPECT_DOUBLE_EQ(s.transfer_time, 7);
  EXPECT_DOUBLE_EQ(s.elapsed, 20);
}

TEST_F(stats_counters_test, only_the_last_hundred_finished_items_are_kept) {
  stats_delta many;
  for (int i = 0; i < 250; ++i) many.completed.push_back(record(std::to_string(i), i));
  books.add(many);
  ASSERT_EQ(books.completed().size(), defaults::transferred_kept);
  EXPECT_EQ(books.completed().front().name, "150");

  stats_delta one;
  one.completed.push_back(record("last", 250));
  books.add(one);

  EXPECT_EQ(books.completed().size(), defaults::transferred_kept);
  EXPECT_EQ(books.completed().front().name, "151");
  EXPECT_EQ(books.completed().back().name, "last");
  EXPECT_EQ(books.completed().back().group, "g");
}

TEST_F(stats_counters_test, finished_items_are_listed_in_the_order_they_were_started) {
  stats_delta quick, slow;
  quick.completed = {record("one_second", 2), record("third", 3)};
  slow.completed = {record("first", 1), record("fourth", 4)};

  books.add(quick);
  books.add(slow);

  EXPECT_EQ(completed_names(), (std::vector<std::string>{"first", "one_second", "third", "fourth"}));
}

TEST_F(stats_counters_test, a_reset_zeroes_everything_and_keeps_what_runs) {
  const auto flowing = run(run_kind::copy, {1000});
  stats_delta d;
  d.bytes = 5, d.transfers = 1, d.errors = 1, d.checks = 2;
  d.last_error = "bad";
  d.fatal_error = d.retry_error = true;
  d.completed.push_back(record("x"));
  books.add(d);
  books.started(flowing, 10 * one_second);
  flowing->begin(0);

  books.reset(20 * one_second);

  const auto s = books.snapshot(20 * one_second);
  EXPECT_EQ(s.bytes, 0);
  EXPECT_EQ(s.transfers, 0);
  EXPECT_EQ(s.checks, 0);
  EXPECT_EQ(s.errors, 0);
  EXPECT_EQ(s.last_error, "");
  EXPECT_FALSE(s.fatal_error);
  EXPECT_FALSE(s.retry_error);
  EXPECT_DOUBLE_EQ(s.elapsed, 0);
  EXPECT_DOUBLE_EQ(s.transfer_time, 0);
  EXPECT_TRUE(completed_names().empty());
  EXPECT_EQ(s.transferring.size(), 1u);
  EXPECT_TRUE(books.anything_running());
}

TEST_F(stats_counters_test, a_reset_forgets_what_a_running_file_moved_before) {
  const auto flowing = run(run_kind::copy, {10, 1000});
  stats_delta queued;
  queued.queued_transfers = 2;
  queued.queued_bytes = 1010;
  books.add(queued);
  books.started(flowing, 10 * one_second);
  flowing->begin(0);
  flowing->bytes(10);
  flowing->end(true);
  flowing->begin(1);
  flowing->bytes(600);
  books.tick();

  books.reset(20 * one_second);
  EXPECT_EQ(books.snapshot(20 * one_second).bytes, 0);
  EXPECT_EQ(books.snapshot(20 * one_second).transfers, 0);
  flowing->bytes(400);
  books.tick();
  EXPECT_DOUBLE_EQ(books.snapshot(20 * one_second).speed, 400);
  flowing->end(true);
  stats_delta last;
  last.bytes = 1010;
  last.transfers = 2;
  last.queued_transfers = -2;
  last.queued_bytes = -1010;
  books.finished(flowing, last, 21 * one_second);

  const auto s = books.snapshot(21 * one_second);
  EXPECT_EQ(s.bytes, 400);
  EXPECT_EQ(s.transfers, 1);
  EXPECT_EQ(s.total_bytes, 400);
  EXPECT_EQ(s.total_transfers, 1);
}

TEST_F(stats_counters_test, sums_add_numbers_join_lists_or_flags_and_keep_the_first_error) {
  stats_snapshot sum, a, b;
  a.bytes = 1, a.total_bytes = 10, a.speed = 2.5, a.transfer_time = 1, a.checks = 1;
  b.bytes = 2, b.total_bytes = 20, b.speed = 1.5, b.transfer_time = 2, b.total_checks = 4;
  b.last_error = "b failed";
  b.retry_error = true;
  a.checking = {"x"};
  b.checking = {"y"};
  a.transferring.resize(1);
  b.transferring.resize(2);

  accumulate(sum, a);
  accumulate(sum, b);

  EXPECT_EQ(sum.bytes, 3);
  EXPECT_EQ(sum.total_bytes, 30);
  EXPECT_EQ(sum.checks, 1);
  EXPECT_EQ(sum.total_checks, 4);
  EXPECT_DOUBLE_EQ(sum.speed, 4);
  EXPECT_DOUBLE_EQ(sum.transfer_time, 3);
  EXPECT_EQ(sum.last_error, "b failed");
  EXPECT_TRUE(sum.retry_error);
  EXPECT_FALSE(sum.fatal_error);
  EXPECT_EQ(sum.checking, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(sum.transferring.size(), 3u);
}

TEST(moving_average, is_the_plain_mean_of_the_first_sixteen_ticks) {
  moving_average average;
  EXPECT_EQ(average.value(), 0);
  double sum = 0;
  for (int i = 1; i <= 16; ++i) {
    average.tick(i * i);
    sum += i * i;
    EXPECT_NEAR(average.value(), sum / i, 1e-9) << i;
  }
}

TEST(moving_average, weighs_a_sixteenth_from_then_on) {
  moving_average average;
  for (int i = 0; i < 100; ++i) average.tick(160);

  average.tick(0);

  EXPECT_NEAR(average.value(), 150, 1e-9);
}

// rc-surface 3.3; nothing is -1.
TEST(eta_seconds, follows_the_vectors_of_the_surface) {
  struct row {
    std::int64_t done, total;
    double rate;
    std::int64_t seconds;
  };
  for (const auto& [done, total, rate, seconds] : {row{0, 1, 2.0, 0},
                                                   {0, 1, 1.0, 1},
                                                   {0, 1, 0.5, 2},
                                                   {50, 100, 1, 50},
                                                   {100, 100, 1, 0},
                                                   {0, -1, 1, -1},
                                                   {101, 100, 1, -1},
                                                   {0, 100, 0, -1},
                                                   {0, 100, -1, -1},
                                                   {0, 0, 1, -1},
                                                   {0, INT64_MAX, 1e-9, -1}})
    EXPECT_EQ(eta_seconds(done, total, rate), seconds) << done << " of " << total << " at " << rate;
}

TEST_F(stats_counters_test, a_progress_shows_no_file_between_files) {
  const auto flowing = run(run_kind::copy, {3, -1}, "");
  running_transfer shown;
  EXPECT_FALSE(flowing->current(shown));

  flowing->begin(0);
  flowing->bytes(3);
  ASSERT_TRUE(flowing->current(shown));
  EXPECT_EQ(shown.name, "f0");
  EXPECT_EQ(shown.bytes, 3);
  flowing->end(false);
  EXPECT_FALSE(flowing->current(shown));
  flowing->begin(1);
  ASSERT_TRUE(flowing->current(shown));

  EXPECT_EQ(shown.bytes, 0);
  EXPECT_EQ(shown.size, -1);
  EXPECT_EQ(flowing->total_bytes(), 3u);
  EXPECT_EQ(flowing->transferred(), 0u);
  EXPECT_EQ(flowing->begun(), 2u);
  EXPECT_EQ(flowing->begun_bytes(), 3u);
}

TEST(stats_counters, errors_that_are_forgiven_leave_no_trace_unless_others_remain) {
  stats_counters books{"g", 0};
  stats_delta error, forgiven;
  add_error(error, {failure_kind::retryable, "no luck"});
  forgiven.errors = -1;
  books.add(error);
  books.add(error);

  books.add(forgiven);
  EXPECT_EQ(books.snapshot(1).errors, 1);
  EXPECT_TRUE(books.snapshot(1).retry_error);
  EXPECT_EQ(books.snapshot(1).last_error, "no luck");
  books.add(forgiven);

  EXPECT_EQ(books.snapshot(1).errors, 0);
  EXPECT_FALSE(books.snapshot(1).retry_error);
  EXPECT_EQ(books.snapshot(1).last_error, "");
}

} // namespace
} // namespace argosy
