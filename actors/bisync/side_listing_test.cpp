#include "actors/bisync/side_listing.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace argosy {
namespace {

constexpr nanoseconds listed_at = 1'600'000'000'123'456'789;

struct reading {
  side_listing listing;
  std::vector<std::string> complaints;
};
reading read(const std::string& text) {
  reading done;
  done.listing = parse_listing(text, [&](const std::string& line) { done.complaints.push_back(line); });
  return done;
}

TEST(SideListing, IsWrittenInRclonesForm) {
  side_listing listing;
  listing.hash = hash_type::md5;
  listing.items["a b"] = {false, 12, listed_at, "0123", ""};
  listing.items["d"] = {true, -1, -1, "", ""};
  listing.items["line\n\"\xff"] = {false, 123456789, 0, "", "id7"};

  const auto text = listing_text(listing, listed_at);

  EXPECT_EQ(text, "# bisync listing v1 from 2020-09-13T12:26:40.123456789+0000\n"
                  "-       12 md5:0123 - 2020-09-13T12:26:40.123456789+0000 \"a b\"\n"
                  "d       -1 - - 1969-12-31T23:59:59.999999999+0000 \"d\"\n"
                  "- 123456789 - id7 1970-01-01T00:00:00.000000000+0000 \"line\\n\\\"\\xff\"\n");
}

TEST(SideListing, IsReadBackAsItWasWritten) {
  side_listing listing;
  listing.hash = hash_type::sha1;
  for (const auto* path :
       {"x", "\x01\x1f\x7f", "\xff\xfe", "tab\t", "back\\slash", "\xe2\x80\xa8", "\xf0\x9f\x98\x80"})
    listing.items[path] = {false, 5, listed_at, "ab", ""};
  listing.items["folder"] = {true, -1, -2'100'000'000'000'000'001, "", "some-id"};

  const auto again = read(listing_text(listing, 0));

  EXPECT_TRUE(again.complaints.empty());
  EXPECT_EQ(again.listing.hash, listing.hash);
  ASSERT_EQ(again.listing.items.size(), listing.items.size());
  for (const auto& [path, item] : listing.items) {
    const auto* found = again.listing.find(path);
    ASSERT_NE(found, nullptr) << path;
    EXPECT_EQ(found->directory, item.directory);
    EXPECT_EQ(found->size, item.size);
    EXPECT_EQ(found->modified, item.modified);
    EXPECT_EQ(found->hash, item.hash);
    EXPECT_EQ(found->id, item.id);
  }
}

TEST(SideListing, ReadsTimesOfOtherZones) {
  const auto one = read("-        5 - - 2020-09-13T14:26:40.123456789+0200 \"x\"\n");

  ASSERT_NE(one.listing.find("x"), nullptr);
  EXPECT_EQ(one.listing.find("x")->modified, listed_at);
}

TEST(SideListing, PassesOverWhatIsNoItemAndSaysSo) {
  const std::string good = "-        5 md5:aa - 2020-09-13T12:26:40.123456789+0000 \"x\"\n";
  for (const std::string bad :
       {"garbage", "-  x md5:aa - 2020-09-13T12:26:40.123456789+0000 \"y\"",
        "-  5 md5:aa - 2020-09-13T12:26:40+0000 \"y\"", "-  5 md5:aa - 2020-09-13T12:26:40.123456789+0000 y",
        "-  5 potato:aa - 2020-09-13T12:26:40.123456789+0000 \"y\"",
        "-  5 sha1:aa - 2020-09-13T12:26:40.123456789+0000 \"y\"",
        "-  5 md5:aa - 2020-09-13T12:26:40.123456789+0000 \"y\\q\"",
        "-  5 md5:aa - 2020-13-13T12:26:40.123456789+0000 \"y\"",
        "--  5 md5:aa - 2020-09-13T12:26:40.123456789+0000 \"y\"",
        "-  5 md5:aa - 2020-09-13T12:26:40.123456789+0000 \"\"",
        "-  5 md5:aa - 2020-09-13T12:26:40.123456789+0000 \"\\u12\"",
        "-  5 md5:aa - 2020-09-13T12:26:40.123456789+0000 \"\\U00110000\""}) {
    const auto one = read("# header\n" + good + bad + "\n");

    EXPECT_EQ(one.listing.items.size(), 1u) << bad;
    EXPECT_EQ(one.complaints.size(), 1u) << bad;
  }
}

TEST(SideListing, OfTwoLinesForOnePathTheLaterTimeWins) {
  const std::string early = "-        1 - - 2020-09-13T12:26:40.000000000+0000 \"x\"\n",
                    late = "-        2 - - 2020-09-13T12:26:41.000000000+0000 \"x\"\n";

  EXPECT_EQ(read(early + late).listing.find("x")->size, 2);
  EXPECT_EQ(read(late + early).listing.find("x")->size, 2);
  EXPECT_EQ(read(late + early).complaints.size(), 1u);
}

TEST(SideListing, ALastLineWithoutItsEndDoesNotCount) {
  EXPECT_TRUE(read("-        1 - - 2020-09-13T12:26:40.000000000+0000 \"x\"").listing.items.empty());
}

TEST(SideListing, KnowsWhetherThereAreFiles) {
  side_listing listing;
  EXPECT_FALSE(listing.has_files());
  listing.items["d"].directory = true;
  EXPECT_FALSE(listing.has_files());
  listing.items["f"];
  EXPECT_TRUE(listing.has_files());
}

} // namespace
} // namespace argosy
