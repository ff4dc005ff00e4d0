#include "actors/links/portable_remotes.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

portable_remotes with_section(const std::string& name, std::map<std::string, std::string> values) {
  portable_remotes remotes;
  remotes.sections[name] = std::move(values);
  return remotes;
}

bool reachable(const portable_remotes& remotes, const std::string& fs) {
  try {
    check_reachable(remotes, {fs}, {"/shared", "/mnt/nfs/"});
    return true;
  } catch (const failure& why) {
    EXPECT_EQ(why.kind(), failure_kind::unsupported);
    return false;
  }
}

TEST(portable_remotes_test, they_are_the_same_on_the_other_side) {
  auto remotes = with_section("s3", {{"type", "s3"}, {"secret_access_key", "a\"b,c='d'\n\xc3\xa9"}});
  remotes.flags["sftp_host"] = "h";

  const auto there = portable_remotes_from(to_text(remotes));

  EXPECT_EQ(there.sections, remotes.sections);
  EXPECT_EQ(there.flags, remotes.flags);
  for (const auto* text : {"", "[]", "{\"flags\": {}}", "{\"flags\": {\"a\": 1}, \"sections\": {}}"})
    EXPECT_THROW(portable_remotes_from(text), failure) << text;
}

TEST(portable_remotes_test, a_folder_is_in_another_by_whole_names) {
  const std::vector<std::string> folders{"/shared", "/mnt/nfs/"};
  for (const auto* path : {"/shared", "/shared/", "/shared/a/b", "/mnt/nfs/x", "/a/../shared/x"})
    EXPECT_TRUE(is_within(folders, path)) << path;
  for (const auto* path : {"", "shared", "/", "/sharedx", "/shared/../etc", "/mnt"})
    EXPECT_FALSE(is_within(folders, path)) << path;
}

TEST(portable_remotes_test, servers_and_shared_folders_are_reached_and_nothing_else) {
  const auto s3 = with_section("in", {{"type", "s3"}});
  EXPECT_TRUE(reachable(s3, "in:bucket"));
  EXPECT_TRUE(reachable({}, "/shared/x"));
  EXPECT_TRUE(reachable({}, ":sftp,host=h:/anywhere"));
  EXPECT_TRUE(reachable({}, ":local:/shared/x"));

  EXPECT_FALSE(reachable({}, "/home/x"));
  EXPECT_FALSE(reachable({}, ":local:/home/x"));
  EXPECT_FALSE(reachable({}, ":memory:bucket"));
  EXPECT_FALSE(reachable(with_section("mem", {{"type", "memory"}}), "mem:"));
  EXPECT_FALSE(reachable({}, "unknown:")) << "its section was not sent";
}

TEST(portable_remotes_test, what_stands_behind_a_remote_counts_too) {
  auto remotes = with_section("secret", {{"type", "crypt"}, {"remote", "in:sub"}});
  remotes.sections["in"] = {{"type", "s3"}};
  EXPECT_TRUE(reachable(remotes, "secret:"));
  remotes.sections["secret"]["remote"] = "/shared/crypt";
  EXPECT_TRUE(reachable(remotes, "secret:"));
  EXPECT_TRUE(
      reachable(with_section("u", {{"type", "union"}, {"upstreams", "/shared/a /shared/b:ro"}}), "u:"));
  EXPECT_TRUE(
      reachable(with_section("c", {{"type", "combine"}, {"upstreams", "a=/shared/a b=/shared/b"}}), "c:"));

  remotes.sections["secret"]["remote"] = "/home/x";
  EXPECT_FALSE(reachable(remotes, "secret:"));
  EXPECT_FALSE(
      reachable(with_section("u", {{"type", "union"}, {"upstreams", "/shared/a /home/b:ro"}}), "u:"));
  EXPECT_FALSE(reachable(with_section("c", {{"type", "combine"}, {"upstreams", "a=/home/a"}}), "c:"));
  EXPECT_FALSE(reachable({}, ":alias,remote=/home:x"));
}

} // namespace
} // namespace argosy
