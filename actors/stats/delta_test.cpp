#include "actors/stats/delta.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

stats_delta every_figure(std::int64_t of) {
  stats_delta delta;
  for (auto* figure :
       {&delta.bytes, &delta.checks, &delta.transfers, &delta.deletes, &delta.deleted_dirs, &delta.renames,
        &delta.listed, &delta.errors, &delta.queued_transfers, &delta.queued_bytes, &delta.queued_checks,
        &delta.server_side_copies, &delta.server_side_copy_bytes, &delta.server_side_moves,
        &delta.server_side_move_bytes})
    *figure = of++;
  return delta;
}

TEST(stats_delta, every_figure_of_both_is_in_the_sum) {
  auto sum = every_figure(100);

  add_figures(sum, every_figure(1000));

  std::int64_t expected = 1100;
  for (const auto figure :
       {sum.bytes, sum.checks, sum.transfers, sum.deletes, sum.deleted_dirs, sum.renames, sum.listed,
        sum.errors, sum.queued_transfers, sum.queued_bytes, sum.queued_checks, sum.server_side_copies,
        sum.server_side_copy_bytes, sum.server_side_moves, sum.server_side_move_bytes}) {
    EXPECT_EQ(figure, expected);
    expected += 2;
  }
}

TEST(stats_delta, the_last_error_stays_when_there_is_no_newer_one) {
  stats_delta sum;
  add_error(sum, {failure_kind::other, "old"});

  add_figures(sum, {});
  EXPECT_EQ(sum.last_error, "old");

  stats_delta newer;
  add_error(newer, {failure_kind::no_retry, "new"});
  add_figures(sum, newer);
  EXPECT_EQ(sum.last_error, "new");
  EXPECT_EQ(sum.errors, 2);
}

TEST(stats_delta, only_errors_that_may_pass_are_retryable) {
  const auto of = [](failure_kind kind) {
    stats_delta delta;
    add_error(delta, {kind, "why"});
    return delta;
  };

  EXPECT_TRUE(of(failure_kind::other).retry_error);
  EXPECT_FALSE(of(failure_kind::other).fatal_error);
  EXPECT_FALSE(of(failure_kind::no_retry).retry_error);
  EXPECT_FALSE(of(failure_kind::no_retry).fatal_error);
  EXPECT_FALSE(of(failure_kind::fatal).retry_error);
  EXPECT_TRUE(of(failure_kind::fatal).fatal_error);
}

} // namespace
} // namespace argosy
