#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "http/rc/command.hpp"

namespace argosy::rc {
namespace {

struct rights {
  right newest;
  right seed;
  bool operator==(const rights& other) const { return newest == other.newest && seed == other.seed; }
};
constexpr rights both{right::authenticated, right::authenticated};
constexpr rights newest_only{right::authenticated, right::open};
constexpr rights neither{right::open, right::open};

std::ostream& operator<<(std::ostream& out, const rights& r) {
  return out << (r.newest == right::authenticated ? "N" : "-")
             << (r.seed == right::authenticated ? "S" : "-");
}

/// rc-surface 1.3 to 1.5, 1.8, 1.10 and 1.14. Everything that changes the configuration or the options, or
/// ends the process, is protected by both rules (section 9).
const std::map<std::string, rights> expected = {
    {"config/create", both},
    {"config/delete", both},
    {"config/dump", both},
    {"config/get", both},
    {"config/listremotes", both},
    {"config/oauthstatus", both},
    {"config/oauthstop", both},
    {"config/password", both},
    {"config/paths", both},
    {"config/providers", both},
    {"config/setpath", both},
    {"config/unlock", both},
    {"config/unset", both},
    {"config/update", both},
    {"core/bwlimit", newest_only},
    {"core/command", both},
    {"core/disks", newest_only},
    {"core/du", neither},
    {"core/gc", newest_only},
    {"core/memstats", newest_only},
    {"core/obscure", newest_only},
    {"core/pid", newest_only},
    {"core/quit", both},
    {"core/version", neither},
    {"debug/set-block-profile-rate", newest_only},
    {"debug/set-gc-percent", newest_only},
    {"debug/set-mutex-profile-fraction", newest_only},
    {"debug/set-soft-memory-limit", newest_only},
    {"mount/listmounts", both},
    {"mount/mount", both},
    {"mount/types", both},
    {"mount/unmount", both},
    {"mount/unmountall", both},
    {"options/blocks", newest_only},
    {"options/get", newest_only},
    {"options/info", newest_only},
    {"options/local", newest_only},
    {"options/set", both},
    {"vfs/forget", newest_only},
    {"vfs/list", neither},
    {"vfs/poll-interval", newest_only},
    {"vfs/queue", neither},
    {"vfs/queue-set-expiry", newest_only},
    {"vfs/refresh", newest_only},
    {"vfs/stats", neither},
};

std::vector<command> rows() {
  std::vector<command> all;
  for (auto* family : {cache_commands, config_commands, core_commands, debug_commands, mount_commands,
                       options_commands, vfs_commands}) {
    auto some = family();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

TEST(command_rows, each_command_needs_the_rights_that_rclone_asks_for) {
  std::map<std::string, rights> found;
  for (const auto& row : rows()) found[row.path] = {row.newest, row.seed};
  EXPECT_EQ(found, expected);
}

TEST(command_rows, each_command_is_carried_out_in_exactly_one_way) {
  for (const auto& row : rows())
    EXPECT_NE(static_cast<bool>(row.value), static_cast<bool>(row.work)) << row.path;
}

TEST(command_rows, each_command_says_what_it_is_for) {
  for (const auto& row : rows()) {
    EXPECT_STRNE(row.title, "") << row.path;
    EXPECT_EQ(std::string{row.help}.back(), '\n') << row.path;
  }
}

TEST(command_rows, only_core_command_writes_to_the_reply_itself) {
  for (const auto& row : rows()) {
    EXPECT_EQ(row.needs_response, std::string{row.path} == "core/command") << row.path;
    EXPECT_FALSE(row.needs_request) << row.path;
  }
}

} // namespace
} // namespace argosy::rc
