#include "core/time_text.hpp"

#include <array>
#include <cstdlib>
#include <ctime>

#include "core/header_text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

// A zone of the eastern hemisphere with summer time, of quarters of an hour, given as POSIX has it.
const bool zone_is_set = [] {
  ::setenv("TZ", "<+0545>-5:45<+0645>,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  return true;
}();

constexpr std::array<const char*, 5> layouts{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05",
                                             "2006-01-02 15:04:05", "2006-01-02", "15  :04 2006"};

void check_moment(nanoseconds time) {
  const auto text = format_rfc3339_nano(time);
  expect_equal(parse_rfc3339(text), time, "a time comes back");
  expect_equal(parse_rfc3339(format_rfc3339(time, 9)), time, "a time with all decimals comes back");
  const auto whole = parse_rfc3339(format_rfc3339(time, 0));
  expect(whole <= time && time - whole < 1'000'000'000, "a time without decimals is the second it is in",
         text);
}

void check_header(std::int64_t number) {
  constexpr std::int64_t first = -62'167'219'200; // the years 0 to 9999
  constexpr std::int64_t count = 315'569'520'000;
  const auto second = first + static_cast<std::int64_t>(static_cast<std::uint64_t>(number) % count);
  const auto text = http_date(second);
  const auto read = parse_http_date(text);
  expect(read == second, "a time of a header comes back", text);
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto number = in.number();
  check_header(number);
  // The year 1677 begins, and 2262 ends, in the middle: a zone may lead outside.
  constexpr std::int64_t edge = 86'400'000'000'000;
  if (number > INT64_MIN + edge && number < INT64_MAX - edge) check_moment(number);

  if (const auto time = accepted([&] { return parse_rfc3339(input); })) format_rfc3339_nano(*time);
  for (const auto* layout : layouts) {
    const auto time = accepted([&] { return parse_time(input, layout); });
    if (time)
      expect(time->nanosecond >= 0 && time->nanosecond < 1'000'000'000, "nanoseconds are a part", input);
  }
  if (const auto second = parse_http_date(input))
    expect(!http_date(*second).empty(), "a time has a text", input);
  const auto decimals = decimals_of_precision(number);
  expect(decimals >= 0 && decimals <= 9, "there are 0 to 9 decimals", shown(number));
}

} // namespace argosy::fuzz
