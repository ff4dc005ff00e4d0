#include <gtest/gtest.h>

#include "http/markup/functions.hpp"

namespace argosy::markup {
namespace {

value n(std::int64_t number) { return number; }
value s(const char* text) { return std::string{text}; }

TEST(print_formatted, writes_what_gos_sprintf_writes) {
  struct row {
    const char* format;
    std::vector<value> arguments;
    const char* text; // by Go's fmt
  };
  const row rows[]{
      {"%d|%5d|%-5d|%05d|%+d", {n(42), n(42), n(42), n(42), n(42)}, "42|   42|42   |00042|+42"},
      {"%x %X %o %b %c %U %q",
       {n(255), n(255), n(8), n(5), n(65), n(233), n(65)},
       "ff FF 10 101 A U+00E9 'A'"},
      {"%s|%5s|%-5s|%.2s|%q|%x",
       {s("é\""), s("é"), s("é"), s("abc"), s("é\""), s("é")},
       "é\"|    é|é    |ab|\"é\\\"\"|c3a9"},
      {"%v %t %v", {n(1), true, false}, "1 true false"},
      {"%.2f %e %6.1f|%g %v", {3.14159, 1500.0, 2.5, 1e21, 1e6}, "3.14 1.500000e+03    2.5|1e+21 1e+06"},
      {"%*d|%-*d|%.*f", {n(5), n(42), n(5), n(42), n(2), 3.14159}, "   42|42   |3.14"},
      {"%#x %#o", {n(255), n(8)}, "0xff 010"},
      {"% d|%+.1f|%08.3f", {n(5), 1.25, -3.14159}, " 5|+1.2|-003.142"},
      {"%d", {}, "%!d(MISSING)"},
      {"%d", {s("x")}, "%!d(string=x)"},
      {"%z", {n(3)}, "%!z(int=3)"},
      {"a", {n(1)}, "a%!(EXTRA int=1)"},
      {"%", {}, "%!(NOVERB)"},
      {"%%", {}, "%"},
  };
  for (const auto& r : rows) EXPECT_EQ(print_formatted(r.format, r.arguments), r.text) << r.format;
}

} // namespace
} // namespace argosy::markup
