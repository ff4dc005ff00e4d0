#include "actors/jobs/job_history.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

job_record ended(job_id id, nanoseconds at = 0, std::size_t output = 0) {
  job_record record;
  record.status.id = id;
  record.status.ended = at;
  record.status.finished = true;
  record.status.output.assign(output, 'x');
  return record;
}

constexpr std::uint64_t plenty = 1 << 20;

TEST(job_history, finds_what_was_added) {
  job_history history{plenty};

  history.add(ended(7, 70), false);
  history.add(ended(8, 80), true);

  ASSERT_NE(history.find(7), nullptr);
  EXPECT_EQ(history.find(7)->status.ended, 70);
  ASSERT_NE(history.find(8), nullptr);
  EXPECT_EQ(history.find(8)->status.ended, 80);
  EXPECT_EQ(history.find(9), nullptr);
  EXPECT_EQ(history.size(), 2u);
}

TEST(job_history, lists_ids_in_order_whatever_the_order_of_the_ends) {
  job_history history{plenty};

  history.add(ended(5), false);
  history.add(ended(2), true);
  history.add(ended(4), false);
  history.add(ended(1), true);

  EXPECT_EQ(history.ids(), (std::vector<job_id>{1, 2, 4, 5}));
}

TEST(job_history, synchronous_records_stay_within_the_bound_and_the_oldest_go_first) {
  constexpr std::uint64_t bound = 20'000;
  job_history history{bound};

  for (job_id id = 1; id <= 100; ++id) {
    history.add(ended(id, 0, 1000), false);
    ASSERT_LE(history.bytes(), bound);
  }

  const auto ids = history.ids();
  ASSERT_FALSE(ids.empty());
  EXPECT_EQ(ids.back(), 100u);
  EXPECT_EQ(ids.front(), 101 - ids.size());
  // Strings included: a record of 1000 bytes weighs more than them.
  EXPECT_LT(ids.size(), bound / 1000);
  EXPECT_GE(ids.size(), bound / 2000);
}

TEST(job_history, all_strings_of_a_record_count) {
  job_history empty{plenty}, group{plenty}, error{plenty};
  auto with_group = ended(1), with_error = ended(1);
  with_group.status.group.assign(500, 'g');
  with_error.status.error = {failure_kind::other, std::string(500, 'e')};

  empty.add(ended(1), false);
  group.add(with_group, false);
  error.add(with_error, false);

  EXPECT_GE(group.bytes(), empty.bytes() + 500);
  EXPECT_GE(error.bytes(), empty.bytes() + 500);
}

TEST(job_history, a_record_larger_than_the_bound_is_not_kept) {
  job_history history{1000};

  history.add(ended(1, 0, 5000), false);

  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.bytes(), 0u);
}

TEST(job_history, asynchronous_records_survive_the_bound) {
  job_history history{0};

  for (job_id id = 1; id <= 10; ++id) history.add(ended(id, 0, 5000), true);
  history.add(ended(11), false);

  EXPECT_EQ(history.size(), 10u);
  EXPECT_NE(history.find(1), nullptr);
  EXPECT_EQ(history.find(11), nullptr);
}

TEST(job_history, what_ended_at_the_moment_or_before_expires) {
  job_history history{plenty};
  history.add(ended(1, 10), false);
  history.add(ended(2, 20), true);
  history.add(ended(3, 20), false);
  history.add(ended(4, 21), true);
  history.add(ended(5, 21), false);

  history.expire(20);

  EXPECT_EQ(history.ids(), (std::vector<job_id>{4, 5}));
  history.expire(21);
  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.bytes(), 0u);
}

} // namespace
} // namespace argosy
