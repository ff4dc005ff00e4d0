#include "actors/transfers/pace_memory.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(pace_memory, recalls_pairs_and_forgets_those_unused_longest) {
  pace_memory memory;
  EXPECT_EQ(memory.recall("a:", "b:").transfers, 0);
  memory.keep("a:", "b:", {12, 6});
  EXPECT_EQ(memory.recall("a:", "b:").transfers, 12);
  EXPECT_EQ(memory.recall("b:", "a:").transfers, 0);
  for (int i = 0; i < 500; ++i) memory.keep("a:", std::to_string(i), {1, 1});
  EXPECT_EQ(memory.recall("a:", "b:").transfers, 0);
  EXPECT_EQ(memory.recall("a:", "499").transfers, 1);
}

} // namespace
} // namespace argosy
