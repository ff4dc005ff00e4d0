#include "core/duration.hpp"

#include <cstdint>
#include <ctime>

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t s = 1000 * ms;
constexpr std::int64_t h = 3600 * s;
constexpr std::int64_t d = 24 * h;
constexpr std::int64_t present = 1'000'000'000 * s; // 2001-09-09T01:46:40Z

struct row {
  const char* text;
  std::int64_t value;
};

class readable_duration : public testing::TestWithParam<row> {};

TEST_P(readable_duration, has_its_value) {
  EXPECT_EQ(parse_duration(GetParam().text, present), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    go_forms, readable_duration,
    testing::Values(row{"0", 0}, row{"1ns", 1}, row{"1us", 1000}, row{"1\xc2\xb5s", 1000},
                    row{"1\xce\xbcs", 1000}, row{"1ms", ms}, row{"1s", s}, row{"1.s", s}, row{"1m", 60 * s},
                    row{"1.5m", 90 * s}, row{"1h", h}, row{"1h2m3s", 3723 * s}, row{"1h1h", 2 * h},
                    row{"-1s", -s}, row{"-.5h", -h / 2}, row{"+5s", 5 * s}, row{"1.123456789s", 1123456789},
                    row{"0.3333333333333333333s", 333333333}, row{"1.9ns", 1},
                    row{"9223372036854775807ns", INT64_MAX}, row{"-9223372036854775808ns", INT64_MIN},
                    row{"2562047h", 2562047 * h}));

INSTANTIATE_TEST_SUITE_P(suffixes, readable_duration,
                         testing::Values(row{"off", INT64_MAX}, row{"1d", d}, row{"1w", 7 * d},
                                         row{"1M", 30 * d}, row{"1y", 365 * d}, row{"1.5y", 365 * d * 3 / 2},
                                         row{"34y", 34 * 365 * d}, row{"86400", d}, row{"-45", -45 * s},
                                         row{".5d", d / 2}, row{"1e3d", 1000 * d}, row{"1_0d", 10 * d},
                                         row{"0x1p4", 16 * s}, row{"-5d", -5 * d}, row{"300y", INT64_MIN},
                                         row{"inf", INT64_MIN}, row{"9223372037", INT64_MIN},
                                         row{"20010203", 20010203 * s}));

INSTANTIATE_TEST_SUITE_P(absolute_times, readable_duration,
                         testing::Values(row{"2001-09-09T01:46:39Z", s},
                                         row{"2001-09-09T01:46:39.25Z", 3 * s / 4},
                                         row{"2001-09-09T03:46:39+02:00", s}, row{"2001-09-09T01:46:41Z", -s},
                                         row{"1600-01-01", INT64_MAX}, row{"0001-01-01", INT64_MAX},
                                         row{"9999-12-31", INT64_MIN}));

TEST(duration, takes_absolute_times_without_a_zone_as_local) {
  std::tm midnight{};
  midnight.tm_year = 101;
  midnight.tm_mon = 8;
  midnight.tm_mday = 8;
  midnight.tm_isdst = -1;
  const std::int64_t age = present - std::mktime(&midnight) * s;
  EXPECT_EQ(parse_duration("2001-09-08", present), age);
  EXPECT_EQ(parse_duration("2001-09-08T01:00:00", present), age - h);
  EXPECT_EQ(parse_duration("2001-09-08 01:00:00.5", present), age - h - s / 2);
}

TEST(duration, names_the_last_form_that_did_not_fit) {
  for (const char* text : {"", "1x", "wrong", "OFF", "d", "s", "-", ".s", "1D", " 1s", "1 s", "-off"}) {
    try {
      parse_duration(text, present);
      ADD_FAILURE() << text;
    } catch (const failure& f) {
      EXPECT_EQ(f.kind(), failure_kind::other);
      EXPECT_EQ(std::string{f.what()}, std::string{"parsing time \""} + text +
                                           "\" as \"2006-01-02\": cannot parse \"" + text + "\" as \"2006\"");
    }
  }
}

TEST(duration, refuses_go_forms_beyond_the_range) {
  for (const char* text : {"9223372036854775808ns", "-9223372036854775809ns", "2562048h", "5124096h",
                           "99999999999999999999999s"})
    EXPECT_THROW(parse_duration(text, present), failure) << text;
}

TEST(duration, refuses_mixed_forms) {
  for (const char* text : {"1h1d", "1d2h", "1m1", "1.5.5d", "1e3s", "1h-2m", "infinity"})
    EXPECT_THROW(parse_duration(text, present), failure) << text;
}

TEST(duration_text, counts_the_largest_long_unit) {
  EXPECT_EQ(format_duration(duration_off), "off");
  EXPECT_EQ(format_duration(365 * d * 3 / 2), "1.5y");
  EXPECT_EQ(format_duration(400 * d), "1.095890410958904y");
  EXPECT_EQ(format_duration(31 * d), "1.0333333333333334M");
  EXPECT_EQ(format_duration(29 * d), "4.142857142857143w");
  EXPECT_EQ(format_duration(8 * d), "1.1428571428571428w");
  EXPECT_EQ(format_duration(d), "1d");
  EXPECT_EQ(format_duration(36 * h), "1.5d");
  EXPECT_EQ(format_duration(-2 * 365 * d), "-2y");
  EXPECT_EQ(format_duration(INT64_MIN), "-292.471208677536y");
}

TEST(duration_text, is_that_of_go_below_a_day) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(1), "1ns");
  EXPECT_EQ(format_duration(1500), "1.5\xc2\xb5s");
  EXPECT_EQ(format_duration(100 * ms), "100ms");
  EXPECT_EQ(format_duration(31536000), "31.536ms");
  EXPECT_EQ(format_duration(s), "1s");
  EXPECT_EQ(format_duration(90 * s), "1m30s");
  EXPECT_EQ(format_duration(60 * s + 500 * ms), "1m0.5s");
  EXPECT_EQ(format_duration(1123456789), "1.123456789s");
  EXPECT_EQ(format_duration(h), "1h0m0s");
  EXPECT_EQ(format_duration(d - 60 * s), "23h59m0s");
  EXPECT_EQ(format_duration(-45 * s), "-45s");
}

} // namespace
} // namespace argosy
