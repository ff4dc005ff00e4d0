#include "core/time_text.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"
#include "tests/fixtures/zone.hpp"

namespace argosy {
namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr nanoseconds example = 981195072 * second; // 2001-02-03T10:11:12Z

std::string failure_of(std::string_view text, std::string_view layout) {
  try {
    parse_time(text, layout);
  } catch (const failure& f) {
    return f.what();
  }
  return "no failure";
}

TEST(time_text, shows_as_many_decimals_as_needed) {
  const zone utc{"UTC"};
  EXPECT_EQ(format_rfc3339_nano(example), "2001-02-03T10:11:12Z");
  EXPECT_EQ(format_rfc3339_nano(example + 123'000'000), "2001-02-03T10:11:12.123Z");
  EXPECT_EQ(format_rfc3339_nano(example + 1), "2001-02-03T10:11:12.000000001Z");
  EXPECT_EQ(format_rfc3339_nano(example + 500'000'000), "2001-02-03T10:11:12.5Z");
}

TEST(time_text, shows_a_fixed_number_of_decimals) {
  const zone utc{"UTC"};
  EXPECT_EQ(format_rfc3339(example, 0), "2001-02-03T10:11:12Z");
  EXPECT_EQ(format_rfc3339(example, 9), "2001-02-03T10:11:12.000000000Z");
  EXPECT_EQ(format_rfc3339(example + 987'654'321, 3), "2001-02-03T10:11:12.987Z");
  EXPECT_EQ(format_rfc3339(example + 987'654'321, 0), "2001-02-03T10:11:12Z");
}

TEST(time_text, shows_the_zone_of_the_process) {
  {
    const zone berlin{"CET-1CEST,M3.5.0,M10.5.0/3"};
    EXPECT_EQ(format_rfc3339_nano(example), "2001-02-03T11:11:12+01:00");
    EXPECT_EQ(format_rfc3339_nano(example + 180 * 86400 * second), "2001-08-02T12:11:12+02:00");
  }
  {
    const zone newfoundland{"NST3:30"};
    EXPECT_EQ(format_rfc3339_nano(example), "2001-02-03T06:41:12-03:30");
  }
  const zone greenwich{"GMT0"};
  EXPECT_EQ(format_rfc3339_nano(example), "2001-02-03T10:11:12Z");
}

TEST(time_text, counts_decimals_forward_before_1970) {
  const zone utc{"UTC"};
  EXPECT_EQ(format_rfc3339_nano(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_rfc3339(-500'000'000, 1), "1969-12-31T23:59:59.5Z");
  EXPECT_EQ(format_rfc3339_nano(INT64_MIN), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(format_rfc3339_nano(INT64_MAX), "2262-04-11T23:47:16.854775807Z");
}

TEST(time_text, has_decimals_for_the_precision_of_a_remote) {
  EXPECT_EQ(decimals_of_precision(1), 9);
  EXPECT_EQ(decimals_of_precision(10), 8);
  EXPECT_EQ(decimals_of_precision(11), 7);
  EXPECT_EQ(decimals_of_precision(100), 7);
  EXPECT_EQ(decimals_of_precision(1'000), 6);
  EXPECT_EQ(decimals_of_precision(1'000'000), 3);
  EXPECT_EQ(decimals_of_precision(100'000'000), 1);
  EXPECT_EQ(decimals_of_precision(100'000'001), 0);
  EXPECT_EQ(decimals_of_precision(second), 0);
  EXPECT_EQ(decimals_of_precision(INT64_MAX), 0);
}

TEST(time_text, reads_rfc3339) {
  EXPECT_EQ(parse_rfc3339("2001-02-03T10:11:12Z"), example);
  EXPECT_EQ(parse_rfc3339("2001-02-03T10:11:12.123Z"), example + 123'000'000);
  EXPECT_EQ(parse_rfc3339("2001-02-03T10:11:12,5+01:30"), example + 500'000'000 - 5400 * second);
  EXPECT_EQ(parse_rfc3339("2001-02-03T10:11:12-00:00"), example);
  EXPECT_EQ(parse_rfc3339("2001-02-03T10:11:12.1234567899Z"), example + 123'456'789);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999999999Z"), -1);
  EXPECT_EQ(parse_rfc3339("2000-02-29T00:00:00Z"), 951782400 * second);
}

TEST(time_text, refuses_times_outside_its_range) {
  EXPECT_THROW(parse_rfc3339("1600-01-01T00:00:00Z"), failure);
  EXPECT_THROW(parse_rfc3339("2263-01-01T00:00:00Z"), failure);
}

TEST(time_text, reads_back_what_it_writes) {
  const zone newfoundland{"NST3:30"};
  for (const nanoseconds time : {example, example + 1, nanoseconds{-1}, nanoseconds{0}})
    EXPECT_EQ(parse_rfc3339(format_rfc3339_nano(time)), time);
}

TEST(parse_time, takes_the_local_zone_when_none_is_given) {
  const zone newfoundland{"NST3:30"};
  EXPECT_EQ(parse_time("2001-02-03 10:11:12", "2006-01-02 15:04:05").seconds, 981195072 + 12600);
  EXPECT_EQ(parse_time("2001-02-03", "2006-01-02").seconds, 981158400 + 12600);
}

TEST(parse_time, reaches_beyond_the_years_of_nanoseconds) {
  EXPECT_EQ(parse_time("0001-01-01T00:00:00Z", "2006-01-02T15:04:05Z07:00").seconds, -62135596800);
  EXPECT_EQ(parse_time("9999-12-31T23:59:59Z", "2006-01-02T15:04:05Z07:00").seconds, 253402300799);
}

TEST(parse_time, says_what_it_could_not_read_as_go_does) {
  const auto date = [](std::string_view text) { return failure_of(text, "2006-01-02"); };
  EXPECT_EQ(date(""), R"(parsing time "" as "2006-01-02": cannot parse "" as "2006")");
  EXPECT_EQ(date("wrong"), R"(parsing time "wrong" as "2006-01-02": cannot parse "wrong" as "2006")");
  EXPECT_EQ(date("\xc3\xa9"),
            R"(parsing time "\xc3\xa9" as "2006-01-02": cannot parse "\xc3\xa9" as "2006")");
  EXPECT_EQ(date("2001-2-3"), R"(parsing time "2001-2-3" as "2006-01-02": cannot parse "2-3" as "01")");
  EXPECT_EQ(date("20013"), R"(parsing time "20013" as "2006-01-02": cannot parse "3" as "-")");
  EXPECT_EQ(date("2001-02-30"), R"(parsing time "2001-02-30": day out of range)");
  EXPECT_EQ(date("2001-02-29"), R"(parsing time "2001-02-29": day out of range)");
  EXPECT_EQ(date("2001-13-01"), R"(parsing time "2001-13-01": month out of range)");
  EXPECT_EQ(date("2001-02-03x"), R"(parsing time "2001-02-03x": extra text: "x")");
  const auto time = [](std::string_view text) { return failure_of(text, "2006-01-02T15:04:05Z07:00"); };
  EXPECT_EQ(time("2001-02-03T24:00:00Z"), R"(parsing time "2001-02-03T24:00:00Z": hour out of range)");
  EXPECT_EQ(time("2001-02-03T10:60:00Z"), R"(parsing time "2001-02-03T10:60:00Z": minute out of range)");
  EXPECT_EQ(time("2001-02-03T10:11:60Z"), R"(parsing time "2001-02-03T10:11:60Z": second out of range)");
  EXPECT_EQ(
      time("2001-02-03T10:11:12"),
      R"(parsing time "2001-02-03T10:11:12" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00")");
}

TEST(now, lies_between_two_looks_at_the_clock) {
  const auto before = std::time(nullptr);
  const auto time = now();
  const auto after = std::time(nullptr);
  EXPECT_GE(time, before * second - second);
  EXPECT_LE(time, (after + 1) * second);
}

} // namespace
} // namespace argosy
