#include "actors/bisync/session_name.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

storage_info at(const std::string& name, const std::string& root) {
  storage_info info;
  info.name = name;
  info.root = root;
  return info;
}

TEST(SessionName, IsMadeAsRcloneMakesIt) {
  EXPECT_EQ(session_name(at("local", "/path/to/local tree"), at("dropbox", "sub/dir")),
            "path_to_local_tree..dropbox_sub_dir");
  EXPECT_EQ(session_name(at("drive", ""), at("local", "/")), "drive_..");
  EXPECT_EQ(session_name(at(":memory", "b"), at("x", "a:b*c?")), "_memory_b..x_a_b_c_");
  EXPECT_EQ(session_name(at("drive{b6_8A}", "x"), at("local", "/{12}")), "drive_x..{12}");
}

TEST(SessionName, PathsEndInASlash) {
  EXPECT_EQ(bisync_path(at("local", "/a")), "/a/");
  EXPECT_EQ(bisync_path(at("local", "/")), "/");
  EXPECT_EQ(bisync_path(at("drive", "")), "drive:/");
}

} // namespace
} // namespace argosy
