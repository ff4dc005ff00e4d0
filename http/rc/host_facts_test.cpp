#include "http/rc/host_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy::rc {
namespace {

using testing::ElementsAre;

TEST(os_version, comes_from_the_id_and_number_of_the_distribution) {
  EXPECT_EQ(
      os_version("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n", true),
      "debian 12 (64 bit)");
  EXPECT_EQ(os_version("ID='alpine'\nVERSION_ID=3.19.1", false), "alpine 3.19.1 (32 bit)");
}

TEST(os_version, is_never_empty) { EXPECT_EQ(os_version("", true), "linux (64 bit)"); }

TEST(decompose_version, gives_three_numbers_of_any_version) {
  EXPECT_THAT(decompose_version("v1.76.0"), ElementsAre(1, 76, 0));
  EXPECT_THAT(decompose_version("v1.60.1-DEV"), ElementsAre(1, 60, 1));
  EXPECT_THAT(decompose_version("2.3"), ElementsAre(2, 3, 0));
  EXPECT_THAT(decompose_version("unknown"), ElementsAre(0, 0, 0));
}

TEST(disk_list, has_home_root_media_and_user_folders_in_that_order) {
  disk_sources from;
  from.home = "/home/me";
  from.mounts = "proc /proc proc rw 0 0\n"
                "/dev/sdb1 /media/me/USB\\040stick vfat rw 0 0\n"
                "/dev/sda1 / ext4 rw 0 0\n"
                "/dev/sdc1 /mnt/data ext4 rw 0 0\n"
                "/dev/sdd1 /mntother ext4 rw 0 0\n";
  from.user_dirs = "# comment\n"
                   "XDG_DOWNLOAD_DIR=\"$HOME/Downloads\"\n"
                   "XDG_DESKTOP_DIR=\"$HOME/\"\n"
                   "XDG_MUSIC_DIR=\"/mnt/data/\"\n";
  EXPECT_THAT(disk_list(from),
              ElementsAre("/home/me", "/", "/media/me/USB stick", "/mnt/data", "/home/me/Downloads"));
}

TEST(disk_list, has_the_root_when_nothing_is_known) { EXPECT_THAT(disk_list({}), ElementsAre("/")); }

} // namespace
} // namespace argosy::rc
