#include "http/serve/served_remotes.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(refusal_of_remote, lets_strangers_see_configured_remotes_only) {
  EXPECT_EQ(refusal_of_remote("remote:path", false), "");
  const std::pair<const char*, const char*> rows[] = {
      {":webdav,url='http://x',bearer_token_command=id:", "inline remotes"},
      {":sftp,ssh=id:", "inline remotes"},
      {":local:/etc", "inline remotes"},
      {"/etc/passwd", "local paths"},
      {"relative", "local paths"},
      {"remote,vendor=other:path", "connection string"},
      {"remote,global.http_proxy=x:path", "global.http_proxy"},
      {"", "invalid remote"},
  };
  for (const auto& [fs, why] : rows)
    EXPECT_NE(refusal_of_remote(fs, false).find(why), std::string::npos) << fs;
}

TEST(refusal_of_remote, lets_nobody_set_what_counts_for_all) {
  for (const auto* fs : {":sftp,ssh=id:", "/etc/passwd", "remote,vendor=other:path", "remote:path"})
    EXPECT_EQ(refusal_of_remote(fs, true), "") << fs;
  EXPECT_EQ(refusal_of_remote("remote,global.http_proxy=x:path", true),
            "setting \"global.http_proxy\" on a served remote is not allowed");
}

TEST(served_remotes, takes_paths_with_a_remote_in_brackets) {
  for (const auto* path : {"[a:]", "[a:]x", "[/tmp]/x/y", "[]"})
    EXPECT_TRUE(served_remotes::takes(path)) << path;
  for (const auto* path : {"", "*", "x[a:]", "[a:", "[a\n:]x"})
    EXPECT_FALSE(served_remotes::takes(path)) << path;
}

} // namespace
} // namespace argosy
