#include "actors/jobs/job_numbers.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(job_numbers_test, are_one_two_three_outside_of_a_cluster) {
  job_numbers numbers;

  EXPECT_EQ(numbers.next(), 1u);
  EXPECT_EQ(numbers.next(), 2u);
}

TEST(job_numbers_test, end_with_the_number_of_the_node) {
  job_numbers numbers;
  numbers.node(7);

  EXPECT_EQ(numbers.next(), 107u);
  EXPECT_EQ(numbers.next(), 207u);
}

TEST(job_numbers_test, never_come_twice_when_the_node_changes_its_number) {
  job_numbers numbers;
  numbers.node(7);
  numbers.next();

  numbers.node(99);

  EXPECT_EQ(numbers.next(), 299u);
}

} // namespace
} // namespace argosy
