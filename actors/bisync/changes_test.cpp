#include "actors/bisync/changes.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

listed_item file(std::int64_t size, nanoseconds modified, const std::string& hash = {}) {
  return {false, size, modified, hash, {}};
}
listed_item folder() { return {true, -1, 0, {}, {}}; }
side_listing listing(std::map<std::string, listed_item, std::less<>> items) {
  return {hash_type::md5, std::move(items)};
}

class Changes : public ::testing::Test {
protected:
  side_changes find(const side_listing& before, const side_listing& now, nanoseconds window = 1) {
    return find_changes(before, now, rules, window, [this](const char* text, const std::string& path) {
      told.push_back(path + ": " + text);
    });
  }
  compare_rules rules;
  std::vector<std::string> told;
};

TEST_F(Changes, AreNewNewerOlderResizedAndDeletedFiles) {
  const auto before = listing({{"gone", file(1, 5)},
                               {"newer", file(1, 5)},
                               {"older", file(1, 5)},
                               {"same", file(1, 5)},
                               {"size", file(1, 5)}});
  const auto now = listing({{"fresh", file(1, 5)},
                            {"newer", file(1, 6)},
                            {"older", file(1, 4)},
                            {"same", file(1, 5)},
                            {"size", file(2, 5)}});

  const auto changes = find(before, now);

  EXPECT_EQ(changes.files, (std::map<std::string, unsigned>{{"fresh", change_new},
                                                            {"gone", change_deleted},
                                                            {"newer", change_newer},
                                                            {"older", change_older},
                                                            {"size", change_size}}));
  EXPECT_TRUE(changes.any_same);
  EXPECT_EQ(changes.files_before, 5u);
  EXPECT_EQ(told, (std::vector<std::string>{"gone: File was deleted", "newer: File is newer",
                                            "older: File is OLDER", "size: File changed: size",
                                            "fresh: File is new"}));
}

TEST_F(Changes, OnlyWhatIsComparedCounts) {
  const auto before = listing({{"x", file(1, 5, "aa")}});
  const auto now = listing({{"x", file(2, 6, "bb")}});

  rules = parse_compare("checksum");
  EXPECT_EQ(find(before, now).files.at("x"), unsigned{change_hash});
  rules = parse_compare("size");
  EXPECT_EQ(find(before, now).files.at("x"), unsigned{change_size});
  rules = parse_compare("modtime");
  EXPECT_EQ(find(before, now).files.at("x"), unsigned{change_newer});
  rules = parse_compare("size,modtime,checksum");
  EXPECT_EQ(find(before, now).files.at("x"), unsigned{change_newer | change_size | change_hash});
}

TEST_F(Changes, HashesOfAnotherTypeOrUnknownOnesAreNotCompared) {
  rules = parse_compare("checksum");
  auto before = listing({{"x", file(1, 5, "aa")}});

  EXPECT_TRUE(find(before, listing({{"x", file(1, 5)}})).empty());
  before.hash = hash_type::sha1;
  EXPECT_TRUE(find(before, listing({{"x", file(1, 5, "bb")}})).empty());
}

TEST_F(Changes, TimesWithinTheWindowAreTheSame) {
  const auto before = listing({{"x", file(1, 1000)}});

  EXPECT_TRUE(find(before, listing({{"x", file(1, 1999)}}), 1000).empty());
  EXPECT_FALSE(find(before, listing({{"x", file(1, 2000)}}), 1000).empty());
  EXPECT_TRUE(find(listing({{"x", file(1, INT64_MIN)}}), listing({{"x", file(1, INT64_MAX - 2)}}), INT64_MAX)
                  .empty() == false)
      << "further apart than the type reaches";
}

TEST_F(Changes, AFileThatBecameAFolderIsDeletedAndNew) {
  const auto changes = find(listing({{"x", file(1, 5)}}), listing({{"x", folder()}}));

  EXPECT_EQ(changes.files.at("x"), unsigned{change_deleted});
  EXPECT_EQ(changes.directories.at("x"), unsigned{change_new});
}

TEST_F(Changes, FoldersComeAndGo) {
  const auto changes = find(listing({{"gone", folder()}, {"same", folder()}}),
                            listing({{"fresh", folder()}, {"same", folder()}}));

  EXPECT_EQ(changes.directories,
            (std::map<std::string, unsigned>{{"fresh", change_new}, {"gone", change_deleted}}));
  EXPECT_EQ(changes.files_before, 0u);
}

TEST_F(Changes, TooManyDeletedIsMoreThanThePercentage) {
  side_changes changes;
  changes.files_before = 4;
  changes.deleted = 2;

  EXPECT_FALSE(changes.too_many_deleted(50));
  EXPECT_TRUE(changes.too_many_deleted(49));
  EXPECT_FALSE(changes.too_many_deleted(100));
  changes.deleted = 0;
  EXPECT_FALSE(changes.too_many_deleted(0));
  changes.deleted = 1;
  EXPECT_TRUE(changes.too_many_deleted(0));
}

TEST(Comparing, RefusesAnUnknownWord) {
  try {
    parse_compare("size,potato");
    FAIL() << "it was taken";
  } catch (const failure& why) {
    EXPECT_STREQ(why.what(), "unknown compare option: potato (must be size, modtime, or checksum)");
  }
}

TEST(Comparing, TellsIdenticalFilesByHashElseByTime) {
  const auto one = listing({}), two = listing({});

  EXPECT_TRUE(looks_identical(one, file(3, 1, "aa"), two, file(3, 9, "aa"), 1));
  EXPECT_FALSE(looks_identical(one, file(3, 1, "aa"), two, file(3, 1, "bb"), 1));
  EXPECT_TRUE(looks_identical(one, file(3, 1), two, file(3, 1, "bb"), 1));
  EXPECT_FALSE(looks_identical(one, file(3, 1), two, file(3, 2, "bb"), 1));
  EXPECT_FALSE(looks_identical(one, file(3, 1, "aa"), two, file(4, 1, "aa"), 1));
  EXPECT_FALSE(looks_identical(one, file(-1, 1, "aa"), two, file(-1, 1, "aa"), 1)) << "sizes are not known";
}

TEST(Comparing, FindsDifferencesBetweenSides) {
  const auto one = listing({}), two = listing({});
  const compare_rules usual;

  EXPECT_FALSE(differs(one, file(3, 1, "aa"), two, file(3, 1, "bb"), usual, 1));
  EXPECT_TRUE(differs(one, file(3, 1), two, file(3, 2), usual, 1));
  EXPECT_TRUE(differs(one, file(3, 1), two, file(4, 1), usual, 1));
  EXPECT_TRUE(differs(one, file(3, 1, "aa"), two, file(3, 1, "bb"), parse_compare("checksum"), 1));
}

} // namespace
} // namespace argosy
