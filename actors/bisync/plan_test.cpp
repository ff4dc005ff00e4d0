#include "actors/bisync/plan.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

constexpr nanoseconds moment_of_test = 1'600'000'000'123'456'789;
using names = std::set<std::string>;
using renames = std::vector<std::pair<std::string, std::string>>;

/// Both sides held "a" to "e" after the run before, with time 5 and size 1.
class Plan : public ::testing::Test {
protected:
  void SetUp() override {
    for (const auto* path : {"a", "b", "c", "d", "e"}) before.items[path] = {false, 1, 5, {}, {}};
    one = two = before;
  }
  static void put(side_listing& side, const std::string& path, nanoseconds modified, std::int64_t size = 1) {
    side.items[path] = {false, size, modified, {}, {}};
  }
  bisync_plan plan() {
    const tell_path quiet = [](const char*, const std::string&) {};
    const auto changes1 = find_changes(before, one, {}, 1, quiet),
               changes2 = find_changes(before, two, {}, 1, quiet);
    return plan_changes(
        {one, changes1, "/one/"}, {two, changes2, "/two/"}, rules,
        [this](const std::string& path) { return identical.count(path) > 0; },
        [this](log_level, const std::string& line) { told.push_back(line); });
  }
  bisync_plan resync(preference preferred) {
    return plan_resync(
        one, two, preferred,
        [&](const std::string& path) { return differs(one, *one.find(path), two, *two.find(path), {}, 1); },
        [this](log_level, const std::string& line) { told.push_back(line); });
  }
  side_listing before, one, two;
  conflict_rules rules;
  names identical;
  std::vector<std::string> told;
};

TEST_F(Plan, IsEmptyWithoutChanges) {
  const auto p = plan();

  EXPECT_TRUE(p[0].empty());
  EXPECT_TRUE(p[1].empty());
}

TEST_F(Plan, PassesChangesOnToTheOtherSide) {
  put(one, "new1", 7);
  put(one, "a", 7);
  one.items.erase("b");
  put(two, "new2", 7);
  put(two, "c", 7);
  two.items.erase("d");

  const auto p = plan();

  EXPECT_EQ(p[0].copies, (names{"c", "new2"}));
  EXPECT_EQ(p[0].removals, (names{"d"}));
  EXPECT_EQ(p[1].copies, (names{"a", "new1"}));
  EXPECT_EQ(p[1].removals, (names{"b"}));
  EXPECT_EQ(told[0], "- Path1    Queue copy to Path2                 - /two/a");
  EXPECT_EQ(told[1], "- Path2    Queue delete                        - /two/b");
}

TEST_F(Plan, WhatIsLeftWinsOverADeletion) {
  one.items.erase("a");
  put(two, "a", 7);
  put(one, "b", 7);
  two.items.erase("b");
  one.items.erase("c");
  two.items.erase("c");

  const auto p = plan();

  EXPECT_EQ(p[0].copies, (names{"a"}));
  EXPECT_EQ(p[1].copies, (names{"b"}));
  EXPECT_TRUE(p[0].removals.empty() && p[1].removals.empty());
}

TEST_F(Plan, KeepsBothVersionsOfAConflictAsRclone160) {
  put(one, "a", 7);
  put(two, "a", 8);

  const auto p = plan();

  EXPECT_EQ(p[0].renames, (renames{{"a", "a..path1"}}));
  EXPECT_EQ(p[1].renames, (renames{{"a", "a..path2"}}));
  EXPECT_EQ(p[0].copies, (names{"a..path2"}));
  EXPECT_EQ(p[1].copies, (names{"a..path1"}));
}

TEST_F(Plan, LeavesIdenticalFilesAlone) {
  put(one, "a", 7);
  put(two, "a", 8);
  identical = {"a"};

  const auto p = plan();

  EXPECT_TRUE(p[0].empty() && p[1].empty());
}

TEST_F(Plan, OverwritesNoEarlierConflict) {
  put(before, "a..path1", 5);
  put(one, "a..path1", 5);
  put(two, "a..path1", 5);
  put(one, "a", 7);
  put(two, "a", 8);

  const auto p = plan();

  EXPECT_EQ(p[0].renames, (renames{{"a", "a..path1-2"}}));
  EXPECT_EQ(p[1].renames, (renames{{"a", "a..path2"}}));
}

TEST_F(Plan, TheWinnerKeepsItsNameAndTheLoserIsNumbered) {
  rules = parse_conflict_rules("newer", "", "", moment_of_test);
  put(one, "a", 7);
  put(two, "a", 8);
  put(one, "a.conflict1", 5);

  const auto p = plan();

  EXPECT_EQ(p[0].renames, (renames{{"a", "a.conflict2"}}));
  EXPECT_TRUE(p[1].renames.empty());
  EXPECT_EQ(p[0].copies, (names{"a"}));
  EXPECT_EQ(p[1].copies, (names{"a.conflict1", "a.conflict2"}));
}

TEST_F(Plan, ALoserThatIsRemovedIsOverwritten) {
  rules = parse_conflict_rules("larger", "delete", "", moment_of_test);
  put(one, "a", 7, 9);
  put(two, "a", 8, 2);
  put(one, "b", 7, 3);
  put(two, "b", 8, 3); // no winner: both stay

  const auto p = plan();

  EXPECT_EQ(p[1].copies, (names{"a", "b.conflict1"}));
  EXPECT_EQ(p[0].copies, (names{"b.conflict2"}));
}

TEST_F(Plan, EachPreferenceFindsItsWinner) {
  put(one, "a", 7, 9);
  put(two, "a", 8, 2);
  const std::map<std::string, int> winners{{"path1", 0}, {"path2", 1},  {"newer", 1},
                                           {"older", 0}, {"larger", 0}, {"smaller", 1}};
  for (const auto& [word, side] : winners) {
    rules = parse_conflict_rules(word, "delete", "", moment_of_test);

    const auto p = plan();

    EXPECT_EQ(p[1].copies.count("a"), side == 0 ? 1u : 0u) << word;
    EXPECT_EQ(p[0].copies.count("a"), side == 1 ? 1u : 0u) << word;
  }
}

TEST_F(Plan, FoldersFollow) {
  one.items["new"].directory = true;
  two.items["both"].directory = one.items["both"].directory = true;
  before.items["old"].directory = two.items["old"].directory = true;

  const auto p = plan();

  EXPECT_EQ(p[1].new_directories, (names{"new"}));
  EXPECT_EQ(p[1].old_directories, (names{"old"}));
  EXPECT_TRUE(p[0].empty());
}

TEST_F(Plan, AResyncTakesWhatEachSideLacksAndPrefersOneSide) {
  put(one, "only1", 5);
  put(two, "only2", 5);
  put(two, "a", 9);

  auto p = resync(preference::path1);
  EXPECT_EQ(p[0].copies, (names{"only2"}));
  EXPECT_EQ(p[1].copies, (names{"a", "only1"}));
  EXPECT_EQ(told, (std::vector<std::string>{"- Path2    Resync will copy to Path1           - only2"}));

  p = resync(preference::newer);
  EXPECT_EQ(p[0].copies, (names{"a", "only2"}));
  EXPECT_EQ(p[1].copies, (names{"only1"}));
}

struct suffix_case {
  const char *loser, *suffix, *name1, *name2;
};
class Suffixes : public ::testing::TestWithParam<suffix_case> {};

TEST_P(Suffixes, NameTheLosers) {
  const auto& [loser, suffix, name1, name2] = GetParam();
  const auto rules = parse_conflict_rules("", loser, suffix, moment_of_test);
  const auto nothing = [](const std::string&) { return false; };

  EXPECT_EQ(conflict_name("d.x/f.txt", rules, 0, nothing), name1);
  EXPECT_EQ(conflict_name("d.x/f.txt", rules, 1, nothing), name2);
}

INSTANTIATE_TEST_SUITE_P(
    All, Suffixes,
    ::testing::Values(suffix_case{"", "", "d.x/f.txt..path1", "d.x/f.txt..path2"},
                      suffix_case{"num", "", "d.x/f.txt.conflict1", "d.x/f.txt.conflict1"},
                      suffix_case{"pathname", "path", "d.x/f.txt.path1", "d.x/f.txt.path2"},
                      suffix_case{"pathname", "path,path", "d.x/f.txt.path1", "d.x/f.txt.path2"},
                      suffix_case{"pathname", "cloud,local", "d.x/f.txt.cloud", "d.x/f.txt.local"},
                      suffix_case{"num", "cloud,local", "d.x/f.txt.cloud1", "d.x/f.txt.local1"},
                      suffix_case{"pathname", ".path", "d.x/f.txt..path1", "d.x/f.txt..path2"}));

TEST(Conflicts, KeepExtensionsWhereAsked) {
  auto rules = parse_conflict_rules("", "num", "", moment_of_test);
  rules.keep_extension = true;
  const auto nothing = [](const std::string&) { return false; };

  EXPECT_EQ(conflict_name("d.x/f.txt", rules, 0, nothing), "d.x/f.conflict1.txt");
  EXPECT_EQ(conflict_name("d.x/f", rules, 0, nothing), "d.x/f.conflict1");
  EXPECT_EQ(conflict_name("d.x/.f", rules, 0, nothing), "d.x/.f.conflict1");
}

TEST(Conflicts, TakeDatesIntoTheSuffix) {
  const auto date = format_rfc3339(moment_of_test, 0).substr(0, 10);

  const auto rules = parse_conflict_rules("", "pathname", "{DateOnly}-c", moment_of_test);

  EXPECT_EQ(rules.suffixes[0], date + "-c1");
}

TEST(Conflicts, RefuseWhatTheyDoNotKnow) {
  const auto refused = [](const char* resolve, const char* loser, const char* suffix) -> std::string {
    try {
      parse_conflict_rules(resolve, loser, suffix, moment_of_test);
      return {};
    } catch (const failure& why) {
      return why.what();
    }
  };

  EXPECT_EQ(refused("potato", "", ""), "unknown conflict-resolve mode for bisync: \"potato\"");
  EXPECT_EQ(refused("", "potato", ""), "unknown conflict-loser mode for bisync: \"potato\"");
  EXPECT_NE(refused("", "", "a/b"), "");
  EXPECT_NE(refused("", "", "a,b,c"), "");
  EXPECT_NE(refused("", "", "{Potato}"), "");
}

TEST(Lines, QuoteOnlyWhereNeeded) {
  EXPECT_EQ(bisync_line("Path1", "File is new", "a b"),
            "- Path1    File is new                         - a b");
  EXPECT_EQ(bisync_line("", "Path1 file not found in Path2", "x"),
            "-          Path1 file not found in Path2       - x");
  EXPECT_EQ(bisync_line("Path2", "File is new", "\xff"),
            "- Path2    File is new                         - \"\\xff\"");
}

} // namespace
} // namespace argosy
