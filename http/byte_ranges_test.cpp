#include "http/byte_ranges.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

using ranges = std::vector<byte_range>;

TEST(parse_ranges, reads_one_or_several) {
  const std::pair<const char*, ranges> rows[] = {
      {"", {}},
      {"bytes=0-4", {{0, 5}}},
      {"bytes=2-", {{2, 8}}},
      {"bytes=-3", {{7, 3}}},
      {"bytes=-50", {{0, 10}}},
      {"bytes=5-50", {{5, 5}}},
      {"bytes=9-9", {{9, 1}}},
      {"bytes= 0 - 1 , 4-5,", {{0, 2}, {4, 2}}},
      {"bytes=0-1,50-60", {{0, 2}}},
      {"bytes=-0", {{10, 0}}},
      {"bytes=", {}},
      {"bytes=0-8,0-8", {}}, // more than everything
  };
  for (const auto& [header, expected] : rows) {
    const auto got = parse_ranges(header, 10);
    EXPECT_FALSE(got.unsatisfiable) << header;
    EXPECT_EQ(got.ranges, expected) << header;
  }
}

TEST(parse_ranges, refuses_what_is_none) {
  for (const auto* header : {"0-4", "items=0-4", "bytes=4", "bytes=4-2", "bytes=a-b", "bytes=-", "bytes=--1",
                             "bytes=0x1-2", "bytes=+1-2", "bytes=99999999999999999999-", "bytes=0-1,x"}) {
    const auto got = parse_ranges(header, 10);
    EXPECT_TRUE(got.unsatisfiable) << header;
    EXPECT_STREQ(got.error, "invalid range") << header;
  }
}

TEST(parse_ranges, says_when_all_lie_behind_the_end) {
  const auto got = parse_ranges("bytes=10-,20-30", 10);

  EXPECT_TRUE(got.unsatisfiable);
  EXPECT_STREQ(got.error, "invalid range: failed to overlap");
}

TEST(parse_ranges, gives_all_of_nothing) {
  const auto got = parse_ranges("bytes=0-100", 0);

  EXPECT_FALSE(got.unsatisfiable);
  EXPECT_TRUE(got.ranges.empty());
}

TEST(parse_ranges, does_not_add_up_beyond_its_numbers) {
  std::string header = "bytes=0-";
  for (int i = 0; i < 100; ++i) header += ",0-";

  EXPECT_TRUE(parse_ranges(header, INT64_MAX).ranges.empty());
}

TEST(parse_single_range, knows_one) {
  EXPECT_EQ(parse_single_range("bytes=8-12", 18)->ranges, (ranges{{8, 5}}));
  EXPECT_EQ(parse_single_range("bytes=-5", 3)->ranges, (ranges{{0, 3}}));
  EXPECT_TRUE(parse_single_range("", 18)->ranges.empty());
  EXPECT_TRUE(parse_single_range("bytes=18-", 18)->unsatisfiable);
  for (const auto* header : {"bytes=0-1,3-4", "items=0-1", "garbage", "bytes=x-"})
    EXPECT_FALSE(parse_single_range(header, 18)) << header;
}

TEST(parse_single_range, refuses_what_is_none_whatever_the_size) {
  for (const auto* header : {"bytes=20-30,0-1", "bytes=20-x", "bytes=20-10", "bytes=9223372036854775807-,0-"})
    for (const std::int64_t size : {std::int64_t{0}, std::int64_t{10}, std::int64_t{100}, INT64_MAX})
      EXPECT_FALSE(parse_single_range(header, size)) << header << " of " << size;
}

TEST(content_range, counts_from_zero_to_the_last_byte) {
  EXPECT_EQ(content_range({8, 5}, 18), "bytes 8-12/18");
  EXPECT_EQ(unsatisfied_range(18), "bytes */18");
}

} // namespace
} // namespace argosy
