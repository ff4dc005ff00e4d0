#include "core/time_layout.hpp"

#include <gtest/gtest.h>

#include "tests/fixtures/zone.hpp"

namespace argosy {
namespace {

constexpr nanoseconds example = 1'000'000'000'123'456'789;

struct row {
  const char* zone;
  nanoseconds time;
  const char* layout;
  const char* text; // by Go
};

TEST(time_layout, writes_the_elements_of_gos_layouts) {
  const row rows[]{
      {"UTC", example, "2006-01-02 15:04:05.999999999 -0700 MST", "2001-09-09 01:46:40.123456789 +0000 UTC"},
      {"UTC", example, "Mon Jan _2 3:4:5 pm 06", "Sun Sep  9 1:46:40 am 01"},
      {"UTC", example, "Z07:00 Z0700 Z07 -07:00 -07 -070000 Z07:00:00", "Z Z Z +00:00 +00 +000000 Z"},
      {"UTC", example, "002 __2 1 2", "252 252 9 9"},
      {"UTC", example, "Janus Mond .0001 _2006 x", "Janus Mond .0009 _2001 x"},
      {"UTC", example, "Monday, January 02 03:04 PM .000 ,000000 .99",
       "Sunday, September 09 01:46 AM .123 ,123456 .12"},
      {"UTC", -1, "2006-01-02 15:04:05.999999999 -0700 MST", "1969-12-31 23:59:59.999999999 +0000 UTC"},
      {"UTC", 981'173'106'000'000'000, "Monday .000 .99 002 __2", "Saturday .000  034  34"},
      {"EST5", -1, "Mon Jan _2 3:4:5 pm 06 MST", "Wed Dec 31 6:59:59 pm 69 EST"},
      {"EST5", example, "Z07:00 Z0700 Z07 -07:00 -07 -070000 Z07:00:00",
       "-05:00 -0500 -05 -05:00 -05 -050000 -05:00:00"},
      {"IST-5:30", example, "Monday, January 02 03:04 PM MST", "Sunday, September 09 07:16 AM IST"},
      {"IST-5:30", example, "Z07:00 Z0700 Z07 -07:00 -07 -070000 Z07:00:00",
       "+05:30 +0530 +05 +05:30 +05 +053000 +05:30:00"},
  };
  for (const auto& r : rows) {
    const zone here{r.zone};
    EXPECT_EQ(format_time({r.time, false}, r.layout), r.text) << r.layout << " in " << r.zone;
  }
}

TEST(time_layout, shows_a_time_in_utc_when_asked) {
  const zone here{"EST5"};
  EXPECT_EQ(format_time({example, true}, "15:04 MST"), "01:46 UTC");
}

TEST(time_layout, shows_gos_zero_time_in_utc) {
  const zone here{"EST5"};
  EXPECT_EQ(format_time({}, "2006-01-02T15:04:05Z07:00 Monday"), "0001-01-01T00:00:00Z Monday");
}

} // namespace
} // namespace argosy
