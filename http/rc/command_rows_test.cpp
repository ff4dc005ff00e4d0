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

/// rc-surface 1, and what rclone has not. Everything that changes the configuration or the options, or
/// ends the process, is protected by both rules (section 9).
const std::map<std::string, rights> expected = {
    {"backend/command", both},
    {"cache/expire", newest_only},
    {"cache/fetch", newest_only},
    {"cache/stats", neither},
    {"cluster/adopt", both},
    {"cluster/drain", both},
    {"cluster/nodes", both},
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
    {"core/group-list", neither},
    {"core/group_list", neither},
    {"core/health", neither},
    {"core/limits", both},
    {"core/memstats", newest_only},
    {"core/obscure", newest_only},
    {"core/pid", newest_only},
    {"core/quit", both},
    {"core/stats", neither},
    {"core/stats-delete", newest_only},
    {"core/stats-reset", newest_only},
    {"core/transferred", neither},
    {"core/version", neither},
    {"debug/leaks", both},
    {"debug/set-block-profile-rate", newest_only},
    {"debug/set-gc-percent", newest_only},
    {"debug/set-mutex-profile-fraction", newest_only},
    {"debug/set-soft-memory-limit", newest_only},
    {"debug/watch-url", both},
    {"fscache/clear", both},
    {"fscache/entries", both},
    {"job/batch", both},
    {"job/list", neither},
    {"job/report", both},
    {"job/retry", both},
    {"job/set", both},
    {"job/status", neither},
    {"job/stop", newest_only},
    {"job/stopgroup", newest_only},
    {"leak/report", both},
    {"mount/listmounts", both},
    {"mount/mount", both},
    {"mount/types", both},
    {"mount/unmount", both},
    {"mount/unmountall", both},
    {"operations/about", both},
    {"operations/check", both},
    {"operations/cleanup", both},
    {"operations/copyfile", both},
    {"operations/copyurl", both},
    {"operations/delete", both},
    {"operations/deletefile", both},
    {"operations/fsinfo", newest_only},
    {"operations/hashsum", both},
    {"operations/hashsumfile", both},
    {"operations/list", both},
    {"operations/mkdir", both},
    {"operations/movefile", both},
    {"operations/publiclink", both},
    {"operations/purge", both},
    {"operations/rmdir", both},
    {"operations/rmdirs", both},
    {"operations/settier", both},
    {"operations/settierfile", both},
    {"operations/size", both},
    {"operations/stat", both},
    {"operations/uploadfile", both},
    {"options/blocks", newest_only},
    {"options/get", newest_only},
    {"options/info", newest_only},
    {"options/local", newest_only},
    {"options/set", both},
    {"rc/error", neither},
    {"rc/fatal", newest_only},
    {"rc/list", neither},
    {"rc/noop", neither},
    {"rc/noopauth", both},
    {"rc/panic", newest_only},
    {"serve/list", both},
    {"serve/start", both},
    {"serve/stop", both},
    {"serve/stopall", both},
    {"serve/types", both},
    {"sync/bisync", both},
    {"sync/copy", both},
    {"sync/move", both},
    {"sync/sync", both},
    {"vfs/forget", newest_only},
    {"vfs/list", neither},
    {"vfs/poll-interval", newest_only},
    {"vfs/queue", neither},
    {"vfs/queue-set-expiry", newest_only},
    {"vfs/refresh", newest_only},
    {"vfs/stats", neither},
};

std::vector<command> rows() { return command_table{}.all(); }

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

TEST(command_rows, only_two_commands_need_the_raw_request_or_reply) {
  for (const auto& row : rows()) {
    const std::string path = row.path;
    EXPECT_EQ(row.needs_response, path == "core/command") << path;
    EXPECT_EQ(row.needs_request, path == "core/command" || path == "operations/uploadfile") << path;
  }
}

} // namespace
} // namespace argosy::rc
