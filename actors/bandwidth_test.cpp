#include "actors/bandwidth.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

constexpr int monday_noon = (24 + 12) * 60;
constexpr std::int64_t kibibyte = 1024;

struct bandwidth_test : testing::Test {
  rate_limiter upload, download;
  bandwidth limits{upload, download};
};

TEST_F(bandwidth_test, begins_without_a_limit) {
  EXPECT_EQ(limits.current(), (bandwidth_pair{-1, -1}));
  EXPECT_EQ(upload.rate(), -1);
  EXPECT_EQ(download.rate(), -1);
}

TEST_F(bandwidth_test, a_limit_reaches_the_bucket_of_its_direction) {
  limits.set({1000, 2000});
  EXPECT_EQ(upload.rate(), 1000);
  EXPECT_EQ(download.rate(), 2000);
  EXPECT_EQ(limits.current(), (bandwidth_pair{1000, 2000}));
  limits.set({-1, 2000});
  EXPECT_EQ(upload.rate(), -1);
  EXPECT_EQ(download.rate(), 2000);
}

TEST_F(bandwidth_test, a_timetable_is_followed_as_time_goes_on) {
  limits.follow(bandwidth_timetable::parse("08:00,512k 12:00,1M 18:00,off"), monday_noon - 1);
  EXPECT_EQ(upload.rate(), 512 * kibibyte);
  limits.tick(monday_noon);
  EXPECT_EQ(upload.rate(), 1024 * kibibyte);
  EXPECT_EQ(download.rate(), 1024 * kibibyte);
  limits.tick(monday_noon + 6 * 60);
  EXPECT_EQ(limits.current(), bandwidth_pair{});
}

TEST_F(bandwidth_test, a_limit_set_by_hand_holds_until_the_next_slot) {
  limits.follow(bandwidth_timetable::parse("08:00,512k 12:00,1M"), monday_noon - 2);
  limits.set({7, 7});
  limits.tick(monday_noon - 1);
  EXPECT_EQ(upload.rate(), 7);
  limits.tick(monday_noon);
  EXPECT_EQ(upload.rate(), 1024 * kibibyte);
}

TEST_F(bandwidth_test, an_empty_timetable_lifts_the_limit) {
  limits.follow(bandwidth_timetable::parse("1M"), 0);
  limits.follow({}, 0);
  EXPECT_EQ(limits.current(), bandwidth_pair{});
  EXPECT_EQ(upload.rate(), -1);
}

TEST(minute_of_week, counts_from_sunday_midnight) {
  std::tm thursday{};
  thursday.tm_year = 70;
  thursday.tm_mday = 1; // 1970-01-01 was a Thursday
  thursday.tm_hour = 13;
  thursday.tm_min = 45;
  thursday.tm_isdst = -1;
  EXPECT_EQ(minute_of_week(std::mktime(&thursday)), (4 * 24 + 13) * 60 + 45);
}

} // namespace
} // namespace argosy
