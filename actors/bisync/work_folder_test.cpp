#include "actors/bisync/work_folder.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "core/failure.hpp"
#include "core/json.hpp"

namespace argosy {
namespace {

constexpr std::int64_t minute = std::int64_t{60} * 1'000'000'000;
constexpr nanoseconds present = 1'600'000'000'000'000'000;

class WorkFolder : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return folder / name; }
  bool there(const std::string& name) const { return !testing::read_file(path(name)).empty(); }
  void put(const std::string& name, const std::string& content) { testing::write_file(path(name), content); }
  tell_text tell() {
    return [this](log_level, const std::string&) { ++told; };
  }
  /// The error of taking the lock, or nothing.
  std::string lock(std::int64_t max_lock, nanoseconds at) {
    return testing::failure_of(
               [&] { bench.run([&](const may_block& on) { take_lock(on, files, max_lock, at, tell()); }); })
        .text;
  }
  std::string filters(bool resync, bool dry_run = false) {
    return testing::failure_of([&] {
             bench.run(
                 [&](const may_block& on) { checked_filters(on, path("filters"), resync, dry_run, tell()); });
           })
        .text;
  }
  testing::bench_of_storages bench;
  testing::scratch_folder folder;
  work_files files{folder.path(), "a..b"};
  int told = 0;
};

TEST_F(WorkFolder, ALockIsTakenOnceAndHoldsWhatNewerRcloneReads) {
  EXPECT_EQ(lock(5 * minute, present), "");
  EXPECT_EQ(lock(5 * minute, present + minute), "prior lock file found: " + path("a..b.lck"));

  const auto held = json::parse(testing::read_file(files.lock()));
  EXPECT_EQ(held["Session"], path("a..b"));
  EXPECT_EQ(parse_rfc3339(held["TimeRenewed"].get<std::string>()), present);
  EXPECT_EQ(parse_rfc3339(held["TimeExpires"].get<std::string>()), present + 5 * minute);
}

TEST_F(WorkFolder, AnExpiredLockIsTakenOverAndItsListingsAreNotTrusted) {
  put("a..b.path1.lst", "1");
  put("a..b.path2.lst", "2");
  EXPECT_EQ(lock(5 * minute, present), "");

  EXPECT_EQ(lock(0, present + 6 * minute), "");

  EXPECT_TRUE(there("a..b.path1.lst-err") && there("a..b.path2.lst-err"));
  EXPECT_FALSE(there("a..b.path1.lst") || there("a..b.path2.lst"));
  EXPECT_EQ(told, 1);
}

TEST_F(WorkFolder, ALockWithoutATimeNeverExpires) {
  constexpr nanoseconds century = nanoseconds{100} * 365 * 24 * 60 * minute;
  EXPECT_EQ(lock(0, present), "");

  EXPECT_NE(lock(2 * minute, present + century), "");
}

TEST_F(WorkFolder, AnUnreadableLockExpiresOnlyForThoseWhoGiveATime) {
  put("a..b.lck", "123");

  EXPECT_NE(lock(0, present), "");
  EXPECT_EQ(lock(2 * minute, present), "");
}

TEST_F(WorkFolder, ARenewedLockExpiresLater) {
  EXPECT_EQ(lock(5 * minute, present), "");

  bench.run([&](const may_block& on) { renew_lock(on, files, 5 * minute, present + 4 * minute); });

  EXPECT_NE(lock(5 * minute, present + 8 * minute), "");
  EXPECT_EQ(lock(5 * minute, present + 10 * minute), "");
}

TEST_F(WorkFolder, FiltersMayChangeOnlyWithAResync) {
  put("filters", "- *.bak\n");
  EXPECT_EQ(filters(false), "filters file md5 hash not found (must run --resync): " + path("filters"));
  EXPECT_EQ(filters(true, true), "");
  EXPECT_FALSE(there("filters.md5")) << "of a dry run";
  EXPECT_EQ(filters(true), "");
  EXPECT_EQ(testing::read_file(path("filters.md5")), "781c58a265b21d2dd291ec054d23134f"); // as rclone 1.60.1
  EXPECT_EQ(filters(false), "");

  put("filters", "- *.tmp\n");

  EXPECT_EQ(filters(false), "filters file has changed (must run --resync): " + path("filters"));
  EXPECT_EQ(filters(true), "");
  EXPECT_EQ(filters(false), "");
}

TEST_F(WorkFolder, MissingFiltersAreAnError) {
  EXPECT_EQ(filters(true), "specified filters file does not exist: " + path("filters"));
}

TEST_F(WorkFolder, AFileIsReplacedAsAWholeAndLeavesNothingElse) {
  bench.run([&](const may_block& on) {
    replace_file(on, path("x"), "one");
    replace_file(on, path("x"), "two");
    copy_if_there(on, path("x"), path("y"));
    copy_if_there(on, path("missing"), path("z"));
    remove_if_there(on, path("missing"));
  });

  EXPECT_EQ(testing::read_file(path("x")), "two");
  EXPECT_EQ(testing::tree_of(folder.path()), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(bench.book.live(resource::descriptor), 0u);
}

TEST_F(WorkFolder, WhatCannotBeWrittenSaysWhere) {
  const auto error = testing::failure_of(
      [&] { bench.run([&](const may_block& on) { replace_file(on, path("no/x"), "one"); }); });

  EXPECT_EQ(error.text, "open " + path("no/x.partial") + ": No such file or directory");
}

} // namespace
} // namespace argosy
