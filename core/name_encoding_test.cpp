#include "core/name_encoding.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace argosy {
namespace {

#define QUOTE "\xe2\x80\x9b"   // U+201B
#define NUL_SYM "\xe2\x90\x80" // U+2400
#define SOH_SYM "\xe2\x90\x81" // U+2401
#define NL_SYM "\xe2\x90\x8a"  // U+240A
#define US_SYM "\xe2\x90\x9f"  // U+241F
#define SP_SYM "\xe2\x90\xa0"  // U+2420
#define DEL_SYM "\xe2\x90\xa1" // U+2421
#define DOT "\xef\xbc\x8e"     // U+FF0E
#define SLASH "\xef\xbc\x8f"   // U+FF0F

struct row {
  const char* disk;
  const char* standard;
};

class mapped_name : public testing::TestWithParam<row> {};

TEST_P(mapped_name, is_shown_in_the_standard_form) {
  EXPECT_EQ(standard_from_disk(GetParam().disk), GetParam().standard);
}

TEST_P(mapped_name, is_found_again_by_that_form) {
  EXPECT_EQ(disk_from_standard(GetParam().standard), GetParam().disk);
}

TEST_P(mapped_name, counts_as_standard_only_when_it_is_shown_unchanged) {
  EXPECT_EQ(is_standard(GetParam().disk), std::string{GetParam().disk} == GetParam().standard);
}

INSTANTIATE_TEST_SUITE_P(control_characters, mapped_name,
                         testing::Values(row{"a\x01z", "a" SOH_SYM "z"}, row{"a\nb", "a" NL_SYM "b"},
                                         row{"\x1f", US_SYM}, row{"a\x7f", "a" DEL_SYM}));

INSTANTIATE_TEST_SUITE_P(symbols_typed_by_users, mapped_name,
                         testing::Values(row{SOH_SYM, QUOTE SOH_SYM}, row{NL_SYM "x", QUOTE NL_SYM "x"},
                                         row{US_SYM, QUOTE US_SYM}, row{DEL_SYM, QUOTE DEL_SYM},
                                         row{NUL_SYM, NUL_SYM}, row{SP_SYM, SP_SYM},
                                         row{"\xe2\x90\xa2", "\xe2\x90\xa2"},
                                         row{"\xe2\x90\xa3", "\xe2\x90\xa3"}));

INSTANTIATE_TEST_SUITE_P(
    quoting_marks, mapped_name,
    testing::Values(row{QUOTE, QUOTE QUOTE}, row{"a" QUOTE "b", "a" QUOTE QUOTE "b"},
                    row{QUOTE "FF", QUOTE QUOTE "FF"}, row{QUOTE NL_SYM, QUOTE QUOTE QUOTE NL_SYM},
                    row{QUOTE SP_SYM, QUOTE QUOTE SP_SYM}, row{QUOTE NUL_SYM, QUOTE NUL_SYM},
                    row{QUOTE SLASH, QUOTE SLASH}, row{QUOTE DOT, QUOTE DOT},
                    row{QUOTE DOT QUOTE DOT, QUOTE DOT QUOTE DOT}, row{QUOTE DOT DOT, QUOTE QUOTE DOT DOT},
                    row{DOT QUOTE DOT, DOT QUOTE QUOTE DOT}));

INSTANTIATE_TEST_SUITE_P(fullwidth_characters, mapped_name,
                         testing::Values(row{DOT, DOT}, row{DOT DOT, DOT DOT}, row{DOT DOT DOT, DOT DOT DOT},
                                         row{"x" DOT, "x" DOT}, row{SLASH, SLASH},
                                         row{"a" SLASH "b", "a" SLASH "b"}));

INSTANTIATE_TEST_SUITE_P(bytes_that_are_not_utf8, mapped_name,
                         testing::Values(row{"b\xff", "b\xff"}, row{"\x80", "\x80"},
                                         row{"\xe2\x80", "\xe2\x80"}, row{"\xe2\x90", "\xe2\x90"},
                                         row{QUOTE "\xff", QUOTE QUOTE "\xff"},
                                         row{"\xed\xa0\x80", "\xed\xa0\x80"}));

INSTANTIATE_TEST_SUITE_P(ordinary_names, mapped_name,
                         testing::Values(row{"", ""}, row{"a/b c/d.txt", "a/b c/d.txt"}, row{"tr. ", "tr. "},
                                         row{"back\\slash:*?", "back\\slash:*?"}, row{".hidden", ".hidden"},
                                         row{"...", "..."}, row{"a..b/..c/d..", "a..b/..c/d.."},
                                         row{"\xc3\xa9\xe6\x97\xa5", "\xc3\xa9\xe6\x97\xa5"},
                                         row{"/a//b/", "/a//b/"}));

INSTANTIATE_TEST_SUITE_P(paths, mapped_name,
                         testing::Values(row{"a\n/" DOT "/b/" QUOTE, "a" NL_SYM "/" DOT "/b/" QUOTE QUOTE}));

TEST(requested_name, never_climbs_out_of_its_folder) {
  EXPECT_EQ(disk_from_standard("."), DOT);
  EXPECT_EQ(disk_from_standard(".."), DOT DOT);
  EXPECT_EQ(disk_from_standard("x/../y"), "x/" DOT DOT "/y");
  EXPECT_EQ(disk_from_standard("../../a/."), DOT DOT "/" DOT DOT "/a/" DOT);
}

TEST(requested_name, never_holds_a_nul_on_disk) {
  EXPECT_EQ(disk_from_standard(std::string_view{"a\0b", 3}), "a" NUL_SYM "b");
}

TEST(requested_name, may_hold_raw_control_characters) {
  EXPECT_EQ(disk_from_standard("a\nb\x7f"), "a\nb\x7f");
}

TEST(requested_name, may_hold_a_lone_quoting_mark) {
  EXPECT_EQ(disk_from_standard("a" QUOTE "b"), "a" QUOTE "b");
}

TEST(name, on_disk_survives_the_way_to_the_api_and_back) {
  const std::vector<std::string> pieces{"",   QUOTE,  NUL_SYM, SOH_SYM, SP_SYM, DEL_SYM,    DOT,       SLASH,
                                        "\n", "\x7f", "a",     ".",     "\xff", "\xe2\x80", "\xe2\x90"};
  for (const auto& a : pieces)
    for (const auto& b : pieces)
      for (const auto& c : pieces)
        for (const auto& d : pieces) {
          const std::string name = a + b + c + d;
          if (name == "." || name == "..") continue; // not names of files
          EXPECT_EQ(disk_from_standard(standard_from_disk(name)), name);
          EXPECT_EQ(is_standard(name), standard_from_disk(name) == name);
        }
}

} // namespace
} // namespace argosy
