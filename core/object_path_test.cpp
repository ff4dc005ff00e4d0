#include "core/object_path.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(object_path, parts_at_the_last_slash) {
  EXPECT_EQ(parent_of("a/b/c"), "a/b");
  EXPECT_EQ(leaf_of("a/b/c"), "c");
  EXPECT_EQ(parent_of("c"), "") << "the root";
  EXPECT_EQ(leaf_of("c"), "c");
}

TEST(object_path, the_root_is_in_itself) {
  EXPECT_EQ(parent_of(""), "");
  EXPECT_EQ(leaf_of(""), "");
}

} // namespace
} // namespace argosy
