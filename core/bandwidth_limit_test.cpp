#include "core/bandwidth_limit.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

constexpr std::int64_t kibi = 1024;
constexpr std::int64_t mebi = 1024 * 1024;

bandwidth_pair both(std::int64_t bytes) { return {bytes, bytes}; }

int minute(int day, int hour, int past) { return (day * 24 + hour) * 60 + past; }

bandwidth_pair limit_of(std::string_view text) {
  const auto table = bandwidth_timetable::parse(text);
  EXPECT_EQ(table.slots.size(), 1u) << text;
  return table.slots.at(0).limit;
}

std::string failure_of(std::string_view text) {
  try {
    bandwidth_timetable::parse(text);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other);
    return f.what();
  }
  return "no failure";
}

TEST(bandwidth_limit, is_one_size_or_two) {
  EXPECT_EQ(limit_of("1M"), both(mebi));
  EXPECT_EQ(limit_of("100"), both(100 * kibi));
  EXPECT_EQ(limit_of("512B"), both(512));
  EXPECT_EQ(limit_of("1M:100k"), (bandwidth_pair{mebi, 100 * kibi}));
  EXPECT_EQ(limit_of("10:20"), (bandwidth_pair{10 * kibi, 20 * kibi}));
}

TEST(bandwidth_limit, is_unlimited_for_zero_and_off) {
  for (const char* text : {"off", "OFF", "0", "off:off", "0:off", "0.5b", "9E"})
    EXPECT_EQ(limit_of(text), both(-1)) << text;
  EXPECT_EQ(limit_of("1M:off"), (bandwidth_pair{mebi, -1}));
  EXPECT_EQ(limit_of("0:1M"), (bandwidth_pair{-1, mebi}));
}

TEST(bandwidth_limit, is_written_as_rclone_does) {
  EXPECT_EQ(format_bandwidth(both(mebi)), "1Mi");
  EXPECT_EQ(format_bandwidth({mebi, 100 * kibi}), "1Mi:100Ki");
  EXPECT_EQ(format_bandwidth(both(-1)), "off");
  EXPECT_EQ(format_bandwidth({mebi, -1}), "1Mi:off");
  EXPECT_EQ(format_bandwidth({-1, mebi}), "off:1Mi");
  EXPECT_EQ(format_bandwidth(both(1181116006)), "1.100Gi");
  EXPECT_EQ(format_bandwidth(bandwidth_pair{}), "off");
}

TEST(bandwidth_limit, is_refused_with_the_text_of_rclone) {
  EXPECT_EQ(failure_of(""), "empty string");
  EXPECT_EQ(failure_of("1M:"), "empty string");
  EXPECT_EQ(failure_of(":1M"), "empty string");
  EXPECT_EQ(failure_of("bad"), "bad suffix 'd'");
  EXPECT_EQ(failure_of("1000X"), "bad suffix 'X'");
  EXPECT_EQ(failure_of("-1M"), "size can't be negative \"-1\"");
  EXPECT_EQ(failure_of("1M:2M:3M"), R"(strconv.ParseFloat: parsing "2M:3": invalid syntax)");
  EXPECT_EQ(failure_of("1M,2M"), R"(invalid time specification (hh:mm): "1M")");
  EXPECT_EQ(failure_of("2401,666"), R"(invalid time specification (hh:mm): "2401")");
  EXPECT_EQ(failure_of("1061,666"), R"(invalid time specification (hh:mm): "1061")");
  EXPECT_EQ(failure_of("8:5,1M"), R"(invalid time specification (hh:mm): "8:5")");
  EXPECT_EQ(failure_of("bad-10:20,666"), R"(invalid weekday: "bad")");
  EXPECT_EQ(failure_of("Tues-10:20,666"), R"(invalid weekday: "tues")");
  EXPECT_EQ(failure_of("-8:00,1M"), R"(invalid weekday: "")");
  EXPECT_EQ(failure_of("Mon-bad,666"), R"(invalid time specification (hh:mm): "bad")");
  EXPECT_EQ(failure_of("Mon-10:20,bad"), "bad suffix 'd'");
  EXPECT_EQ(failure_of("Mon-Tue-10:00,1M"), R"(invalid time specification: "Mon-Tue-10:00")");
  EXPECT_EQ(failure_of("24:00,1M"), R"(invalid hour (must be between 00 and 23): '\x18')");
  EXPECT_EQ(failure_of("23:60,1M"), R"(invalid minute (must be between 00 and 59): '\x17')");
  EXPECT_EQ(failure_of("aa:20,1M"),
            R"(invalid hour in time specification "aa:20": strconv.Atoi: parsing "aa": invalid syntax)");
  EXPECT_EQ(failure_of("10:2a,1M"),
            R"(invalid minute in time specification: "10:2a": strconv.Atoi: parsing "2a": invalid syntax)");
  EXPECT_EQ(failure_of("08:00,1M,3M"), R"(invalid time/bandwidth specification: "08:00,1M,3M")");
  EXPECT_EQ(failure_of("08:00,1M 2M"), R"(invalid time/bandwidth specification: "2M")");
  EXPECT_EQ(failure_of(" ; "), "empty string");
}

TEST(timetable, applies_a_slot_without_a_day_to_all_seven) {
  const auto table = bandwidth_timetable::parse("08:00,512k 12:00,10M");
  EXPECT_EQ(table.slots.size(), 14u);
  for (int day = 0; day < 7; ++day) {
    EXPECT_EQ(table.at(minute(day, 7, 59)), both(10 * mebi));
    EXPECT_EQ(table.at(minute(day, 8, 0)), both(512 * kibi));
    EXPECT_EQ(table.at(minute(day, 11, 59)), both(512 * kibi));
    EXPECT_EQ(table.at(minute(day, 12, 0)), both(10 * mebi));
  }
}

TEST(timetable, names_days_short_or_in_full_in_any_case) {
  const auto table = bandwidth_timetable::parse("mon-10:00,1M;FRIDAY-18:30,2M:off; Sat-00:00,off");
  EXPECT_EQ(table.slots.size(), 3u);
  EXPECT_EQ(table.at(minute(0, 12, 0)), both(-1));
  EXPECT_EQ(table.at(minute(1, 9, 59)), both(-1));
  EXPECT_EQ(table.at(minute(1, 10, 0)), both(mebi));
  EXPECT_EQ(table.at(minute(5, 18, 29)), both(mebi));
  EXPECT_EQ(table.at(minute(5, 18, 30)), (bandwidth_pair{2 * mebi, -1}));
  EXPECT_EQ(table.at(minute(6, 23, 59)), both(-1));
}

TEST(timetable, is_sorted_whatever_the_order_in_the_text) {
  const auto table = bandwidth_timetable::parse("12:00,2M 08:00,1M");
  EXPECT_EQ(table.at(minute(0, 0, 0)), both(2 * mebi));
  EXPECT_EQ(table.at(minute(3, 9, 0)), both(mebi));
}

TEST(timetable, lets_the_later_of_two_slots_for_one_minute_win) {
  EXPECT_EQ(bandwidth_timetable::parse("10:00,1M Mon-10:00,3M").at(minute(1, 10, 0)), both(3 * mebi));
  EXPECT_EQ(bandwidth_timetable::parse("Mon-10:00,3M 10:00,1M").at(minute(1, 10, 0)), both(mebi));
}

TEST(timetable, lets_the_last_of_many_slots_for_one_minute_win) {
  std::string text;
  for (int i = 1; i <= 20; ++i) text += "10:00," + std::to_string(i) + "M ";
  EXPECT_EQ(bandwidth_timetable::parse(text).at(minute(4, 10, 0)), both(20 * mebi));
}

TEST(timetable, is_unlimited_when_empty) { EXPECT_EQ(bandwidth_timetable{}.at(0), both(-1)); }

TEST(timetable, gives_a_plain_limit_at_every_minute) {
  const auto table = bandwidth_timetable::parse("1M");
  EXPECT_EQ(table.at(0), both(mebi));
  EXPECT_EQ(table.at(minute(6, 23, 59)), both(mebi));
}

} // namespace
} // namespace argosy
