#include "http/rc/option_blocks.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

namespace argosy::rc {
namespace {

TEST(option_blocks, rc_shows_its_nested_objects_and_rclones_defaults) {
  const auto shown = rc_option_table().to_json({});
  EXPECT_EQ(shown.at("HTTP").at("ListenAddr"), json::array({"localhost:5572"}));
  EXPECT_EQ(shown.at("HTTP").at("ServerReadTimeout"), 3'600'000'000'000);
  EXPECT_EQ(shown.at("HTTP").at("MaxHeaderBytes"), 4096);
  EXPECT_EQ(shown.at("Auth").at("Salt"), "dlPL2MqE");
  EXPECT_EQ(shown.at("JobExpireDuration"), 60'000'000'000);
  EXPECT_EQ(shown.at("JobExpireInterval"), 10'000'000'000);
  EXPECT_EQ(shown.at("NoAuth"), false);
}

TEST(option_blocks, flags_of_rc_are_found_by_their_flat_names) {
  rc_options options;
  EXPECT_TRUE(rc_option_table().set_from_text(options, "rc_job_expire_duration", "90s"));
  EXPECT_TRUE(rc_option_table().set_from_text(options, "rc_no_auth", "true"));
  EXPECT_EQ(options.job_expire_duration, 90 * second);
  EXPECT_TRUE(options.no_auth);
  EXPECT_FALSE(rc_option_table().set_from_text(options, "no_such", "x"));
}

TEST(option_blocks, vfs_shows_rclones_defaults) {
  const auto shown = vfs_option_table().to_json({});
  EXPECT_EQ(shown.at("CacheMode"), "off");
  EXPECT_EQ(shown.at("ChunkSize"), 134'217'728);
  EXPECT_EQ(shown.at("ReadWait"), 20'000'000);
  EXPECT_EQ(shown.at("DirPerms"), 511);
  EXPECT_EQ(shown.at("DiskSpaceTotalSize"), -1);
}

TEST(option_blocks, the_other_servers_show_rclones_defaults) {
  EXPECT_EQ(dlna_option_table().to_json({}).at("AnnounceInterval"), 720'000'000'000);
  EXPECT_EQ(ftp_option_table().to_json({}).at("PassivePorts"), "30000-32000");
  EXPECT_EQ(nfs_option_table().to_json({}).at("HandleCache"), "memory");
  EXPECT_EQ(proxy_option_table().to_json({}), json({{"AuthProxy", ""}}));
  EXPECT_EQ(sftp_option_table().to_json({}).at("ListenAddr"), "localhost:2022");
  const auto s3 = s3_option_table().to_json({});
  EXPECT_EQ(s3.at("MultipartStreamingBufferLimit"), 268'435'456);
  EXPECT_EQ(s3.at("HTTP").at("ListenAddr"), json::array({"127.0.0.1:8080"}));
  EXPECT_FALSE(s3.contains("Template"));
  EXPECT_EQ(restic_option_table().to_json({}).at("CacheObjects"), true);
  EXPECT_EQ(webdav_option_table().to_json({}).at("Template"), json({{"Path", ""}}));
}

TEST(option_blocks, vfs_knows_the_owner_of_the_process) {
  EXPECT_EQ(process_vfs_options().user_id, static_cast<std::int64_t>(::getuid()));
  EXPECT_LE(process_vfs_options().umask, 0777);
}

TEST(option_blocks, nested_options_are_set_in_any_case_of_their_names) {
  rc_options options;
  rc_option_table().assign(options,
                           {{"http", {{"baseurl", "/x"}}}, {"Auth", {{"Realm", "r"}}}, {"unknown", 1}});
  EXPECT_EQ(options.server.base_url, "/x");
  EXPECT_EQ(options.server.realm, "r");
}

TEST(option_blocks, a_change_is_seen_by_the_next_reader) {
  option_blocks blocks{{}};
  auto next = blocks.current();
  next.log.file = "/var/log/x";
  blocks.replace(next);
  EXPECT_EQ(blocks.current().log.file, "/var/log/x");
}

TEST(option_blocks, changes_wait_for_each_other) {
  option_blocks blocks{{}};
  constexpr int rounds = 500;
  const auto raise = [&] {
    for (int i = 0; i < rounds; ++i) {
      const auto alone = blocks.changing();
      auto next = blocks.current();
      ++next.log.max_backups;
      blocks.replace(next);
    }
  };
  std::thread other{raise};
  raise();
  other.join();
  EXPECT_EQ(blocks.current().log.max_backups, 2 * rounds);
}

} // namespace
} // namespace argosy::rc
