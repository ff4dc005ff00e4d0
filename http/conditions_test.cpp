#include "http/conditions.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

constexpr std::int64_t modified = 1'200'000'000; // 2008
constexpr const char* before = "Thu, 01 Jan 2004 00:00:00 GMT";
constexpr const char* same = "Thu, 10 Jan 2008 21:20:00 GMT";
constexpr const char* after = "Thu, 01 Jan 2009 00:00:00 GMT";

conditions checked(std::vector<std::pair<std::string, std::string>> headers,
                   std::optional<std::int64_t> time = modified) {
  http_request request;
  request.headers = std::move(headers);
  return check_conditions(request, time);
}

TEST(check_conditions, lets_a_request_without_any_through) {
  EXPECT_EQ(checked({}).status, 0);
  EXPECT_TRUE(checked({}).ranges);
}

TEST(check_conditions, compares_times_by_the_second) {
  EXPECT_EQ(checked({{"If-Modified-Since", before}}).status, 0);
  EXPECT_EQ(checked({{"If-Modified-Since", same}}).status, 304);
  EXPECT_EQ(checked({{"if-modified-since", after}}).status, 304);
  EXPECT_EQ(checked({{"If-Unmodified-Since", before}}).status, 412);
  EXPECT_EQ(checked({{"If-Unmodified-Since", same}}).status, 0);
  EXPECT_EQ(checked({{"If-Unmodified-Since", after}}).status, 0);
}

TEST(check_conditions, ignores_times_that_are_none) {
  EXPECT_EQ(checked({{"If-Modified-Since", "yesterday"}}).status, 0);
  EXPECT_EQ(checked({{"If-Unmodified-Since", ""}}).status, 0);
  EXPECT_EQ(checked({{"If-Modified-Since", after}}, std::nullopt).status, 0);
  EXPECT_EQ(checked({{"If-Unmodified-Since", before}}, std::nullopt).status, 0);
}

TEST(check_conditions, knows_no_entity_tag) {
  EXPECT_EQ(checked({{"If-Match", "\"x\""}}).status, 412);
  EXPECT_EQ(checked({{"If-Match", "*"}}).status, 0);
  EXPECT_EQ(checked({{"If-None-Match", "*"}}).status, 304);
  // A tag beats the time.
  EXPECT_EQ(checked({{"If-None-Match", "\"x\""}, {"If-Modified-Since", after}}).status, 0);
  EXPECT_EQ(checked({{"If-Match", "*"}, {"If-Unmodified-Since", before}}).status, 0);
}

TEST(check_conditions, gives_ranges_of_the_very_version_only) {
  EXPECT_TRUE(checked({{"If-Range", same}}).ranges);
  EXPECT_FALSE(checked({{"If-Range", before}}).ranges);
  EXPECT_FALSE(checked({{"If-Range", after}}).ranges);
  EXPECT_FALSE(checked({{"If-Range", "\"x\""}}).ranges);
  EXPECT_FALSE(checked({{"If-Range", "garbage"}}).ranges);
  EXPECT_FALSE(checked({{"If-Range", same}}, std::nullopt).ranges);
}

} // namespace
} // namespace argosy
