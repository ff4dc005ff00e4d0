#include "actors/cluster/foreign_jobs.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

job_summary summary(job_id id, std::uint32_t term = 1) {
  job_summary one;
  one.id = id;
  one.term = term;
  one.path = "sync/copy";
  one.started = static_cast<nanoseconds>(id);
  return one;
}

struct foreign_jobs_test : ::testing::Test {
  foreign_jobs jobs;
};

TEST_F(foreign_jobs_test, what_ran_on_a_lost_node_can_be_adopted_as_it_was_last_told) {
  jobs.told("eu1", 7, {summary(101)});
  auto later = summary(101);
  later.copied = 5;
  jobs.told("eu1", 7, {later});
  EXPECT_FALSE(jobs.find_lost(101)) << "it runs";

  jobs.lost("eu1");

  const auto found = jobs.find_lost(101);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->node, "eu1");
  EXPECT_EQ(found->job.copied, 5u);
  EXPECT_FALSE(jobs.find_lost(102));
}

TEST_F(foreign_jobs_test, what_had_ended_or_whose_node_ended_in_order_is_not_lost) {
  auto ended = summary(101);
  ended.finished = true;
  jobs.told("eu1", 7, {ended});
  jobs.told("eu2", 8, {summary(102)});

  jobs.lost("eu1");
  jobs.left("eu2");
  jobs.lost("eu2");

  EXPECT_FALSE(jobs.find_lost(101));
  EXPECT_FALSE(jobs.find_lost(102));
}

TEST_F(foreign_jobs_test, a_node_that_was_only_cut_off_has_its_jobs_still) {
  jobs.told("eu1", 7, {summary(101)});
  jobs.lost("eu1");

  jobs.up("eu1", 7);

  EXPECT_FALSE(jobs.find_lost(101));
}

TEST_F(foreign_jobs_test, a_node_that_was_started_anew_has_lost_them) {
  jobs.told("eu1", 7, {summary(101)});

  jobs.told("eu1", 8, {summary(201)});

  ASSERT_TRUE(jobs.find_lost(101));
  jobs.lost("eu1");
  EXPECT_TRUE(jobs.find_lost(201));
}

TEST_F(foreign_jobs_test, a_job_is_adopted_once) {
  jobs.told("eu1", 7, {summary(101), summary(102)});
  jobs.lost("eu1");

  jobs.adopted(101);
  jobs.told("eu2", 8, {summary(102, 2)});

  EXPECT_FALSE(jobs.find_lost(101));
  EXPECT_FALSE(jobs.find_lost(102)) << "another node has told that it goes on with it";
}

TEST_F(foreign_jobs_test, a_job_that_was_adopted_can_be_lost_again) {
  jobs.told("eu1", 7, {summary(101)});
  jobs.lost("eu1");
  jobs.told("eu2", 8, {summary(101, 2)});

  jobs.lost("eu2");

  ASSERT_TRUE(jobs.find_lost(101));
  EXPECT_EQ(jobs.find_lost(101)->job.term, 2u);
}

TEST_F(foreign_jobs_test, the_successor_is_who_has_it_under_a_higher_term) {
  jobs.told("eu2", 8, {summary(101, 2)});

  EXPECT_EQ(jobs.successor(101, 1), "eu2");
  EXPECT_EQ(jobs.successor(101, 2), "");
  EXPECT_EQ(jobs.successor(102, 1), "");
}

TEST_F(foreign_jobs_test, the_number_of_lost_jobs_is_bounded) {
  std::vector<job_summary> many;
  for (job_id id = 1; id <= foreign_jobs::most_lost + 1; ++id) many.push_back(summary(id));
  jobs.told("eu1", 7, many);

  jobs.lost("eu1");

  EXPECT_FALSE(jobs.find_lost(1)) << "the oldest goes";
  EXPECT_TRUE(jobs.find_lost(2));
}

TEST(gives_way_test, exactly_one_of_two_owners_does) {
  EXPECT_TRUE(gives_way(1, "a", 2, "b"));
  EXPECT_FALSE(gives_way(2, "b", 1, "a"));
  EXPECT_NE(gives_way(3, "a", 3, "b"), gives_way(3, "b", 3, "a"));
}

} // namespace
} // namespace argosy
