#include "backends/wrapping.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(join_remote, puts_a_path_below_a_remote) {
  EXPECT_EQ(join_remote("al:", ""), "al:");
  EXPECT_EQ(join_remote("al:", "/"), "al:");
  EXPECT_EQ(join_remote("al:", "/a/b"), "al:a/b");
  EXPECT_EQ(join_remote("al:x", "a//b/"), "al:x/a/b");
  EXPECT_EQ(join_remote("/srv", "a"), "/srv/a");
  EXPECT_EQ(join_remote("/", "a"), "/a");
}

TEST(path_within, resolves_dots_and_drops_slashes) {
  EXPECT_EQ(path_within(""), "");
  EXPECT_EQ(path_within("/"), "");
  EXPECT_EQ(path_within("/a//b/"), "a/b");
  EXPECT_EQ(path_within("./a/../b/."), "b");
  EXPECT_EQ(path_within("../../a"), "a");
  EXPECT_EQ(path_within("..a/.../b"), "..a/.../b");
}

TEST(join_remote, never_leads_out_of_the_remote) {
  EXPECT_EQ(join_remote("/srv", ".."), "/srv");
  EXPECT_EQ(join_remote("/srv", "../etc/passwd"), "/srv/etc/passwd");
  EXPECT_EQ(join_remote("al:x", "a/../../../b"), "al:x/b");
  EXPECT_EQ(join_remote("al:x", "./a/./b/.."), "al:x/a");
}

} // namespace
} // namespace argosy
