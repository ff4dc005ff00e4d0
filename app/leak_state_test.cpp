#include "app/leak_state.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

std::string file_of(const std::string& address, const std::string& flag = {}) {
  settings_of_run run;
  run.cache_folder = "/cache";
  run.leak_state = flag;
  run.rc.server.listen_addresses = {address};
  return leak_state_file(run);
}

TEST(LeakState, IsOfOneDaemonInTheFolderForCaches) {
  EXPECT_EQ(file_of("localhost:5572"), "/cache/leak-watch/localhost-5572");
  EXPECT_EQ(file_of("unix:///run/a.sock"), "/cache/leak-watch/unix----run-a.sock");
}

TEST(LeakState, IsWhereTheFlagSays) {
  EXPECT_EQ(file_of("localhost:0", "/var/lib/argosy/leaks"), "/var/lib/argosy/leaks");
  EXPECT_EQ(file_of("localhost:5572", "-"), "");
}

TEST(LeakState, IsNoneForADaemonThatNobodyFindsAgain) { EXPECT_EQ(file_of("localhost:0"), ""); }

} // namespace
} // namespace argosy
