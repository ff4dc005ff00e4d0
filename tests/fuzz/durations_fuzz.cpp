#include <cmath>

#include "core/duration.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

constexpr std::int64_t present = 1'700'000'000'000'000'000; // in 2023
constexpr std::int64_t day = 86'400'000'000'000;

void check_number(std::int64_t duration) {
  const auto text = format_duration(duration);
  expect(text.size() <= 32, "a duration is short", text);
  const auto read = parse_duration(text, present);
  if (duration == duration_off || (duration > -day && duration < day))
    return expect_equal(read, duration, "a duration below a day comes back");
  // The last microseconds before the end of the range are a double that is beyond it, and so is their text.
  if (read == INT64_MIN && duration > INT64_MAX - 4096) return;
  // Days and years are written as a double, which is rounded three times on its way and cut off at last.
  const auto difference = std::fabs(static_cast<double>(read) - static_cast<double>(duration));
  expect(difference <= std::fabs(static_cast<double>(duration)) * 1e-15 + 1, "a duration comes back", text);
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  check_number(in.number());
  const auto duration = accepted([&] { return parse_duration(input, present); });
  if (duration) check_number(*duration);
  // Any clock, also one that is far off.
  const auto clock = reader{input}.number();
  accepted([&] { return parse_duration(in.rest(), clock); });
}

} // namespace argosy::fuzz
