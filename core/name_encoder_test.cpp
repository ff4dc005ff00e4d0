#include "core/name_encoder.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

#define QUOTE "\xe2\x80\x9b"   // U+201B
#define NUL_SYM "\xe2\x90\x80" // U+2400
#define SOH_SYM "\xe2\x90\x81" // U+2401
#define NL_SYM "\xe2\x90\x8a"  // U+240A
#define CR_SYM "\xe2\x90\x8d"  // U+240D
#define SP_SYM "\xe2\x90\xa0"  // U+2420
#define DEL_SYM "\xe2\x90\xa1" // U+2421
#define W_STAR "\xef\xbc\x8a"  // U+FF0A
#define W_DOT "\xef\xbc\x8e"   // U+FF0E
#define W_SLASH "\xef\xbc\x8f" // U+FF0F
#define W_COLON "\xef\xbc\x9a" // U+FF1A
#define W_LESS "\xef\xbc\x9c"  // U+FF1C
#define W_BACK "\xef\xbc\xbc"  // U+FF3C
#define W_TILDE "\xef\xbd\x9e" // U+FF5E

// As rclone 1.60.1 shows and stores them with --local-encoding.
struct row {
  const char* encoding;
  const char* decoded;
  const char* encoded;
};

class encoded_name : public testing::TestWithParam<row> {};

TEST_P(encoded_name, has_replacements) {
  EXPECT_EQ(name_encoder::parse(GetParam().encoding).encode(GetParam().decoded), GetParam().encoded);
}

TEST_P(encoded_name, becomes_the_name_again) {
  EXPECT_EQ(name_encoder::parse(GetParam().encoding).decode(GetParam().encoded), GetParam().decoded);
}

INSTANTIATE_TEST_SUITE_P(
    anywhere, encoded_name,
    testing::Values(row{"Asterisk", "a*b", "a" W_STAR "b"}, row{"Asterisk", "a" W_STAR, "a" QUOTE W_STAR},
                    row{"LtGt,Colon", "<:*", W_LESS W_COLON "*"}, row{"Slash", "a/b", "a" W_SLASH "b"},
                    row{"BackSlash", "\\" W_STAR, W_BACK W_STAR},
                    row{"CrLf", "\r\n\x01", CR_SYM NL_SYM "\x01"},
                    row{"Ctl,Del", "\x01\x7f", SOH_SYM DEL_SYM}, row{"None", NUL_SYM, QUOTE NUL_SYM},
                    row{"None", QUOTE "x", QUOTE QUOTE "x"}, row{"Raw", "*/" QUOTE, "*/" QUOTE}));

INSTANTIATE_TEST_SUITE_P(
    at_the_ends, encoded_name,
    testing::Values(row{"LeftSpace", " a ", SP_SYM "a "}, row{"RightSpace", " a ", " a" SP_SYM},
                    row{"LeftSpace,RightSpace", " ", SP_SYM}, row{"LeftSpace", SP_SYM "a", QUOTE SP_SYM "a"},
                    row{"LeftPeriod", ".a.", W_DOT "a."}, row{"RightPeriod", ".a.", ".a" W_DOT},
                    row{"RightPeriod", "a" W_DOT, "a" QUOTE W_DOT}, row{"LeftTilde", "~~", W_TILDE "~"},
                    row{"LeftCrLfHtVt", "\n\n", NL_SYM "\n"}, row{"RightCrLfHtVt", "a\n\n", "a\n" NL_SYM},
                    row{"Dot", ".", W_DOT}, row{"Dot", "..", W_DOT W_DOT}, row{"Dot", "...", "..."},
                    row{"Dot", W_DOT, QUOTE W_DOT}, row{"Dot", W_DOT W_DOT, QUOTE W_DOT QUOTE W_DOT}));

INSTANTIATE_TEST_SUITE_P(bytes_that_are_no_text, encoded_name,
                         testing::Values(row{"InvalidUtf8", "a\xff", "a" QUOTE "FF"},
                                         row{"InvalidUtf8", QUOTE "FF", QUOTE QUOTE "FF"},
                                         row{"None", "a\xff", "a\xff"},
                                         row{"Asterisk", "\xc3*\xff", "\xc3" W_STAR "\xff"}));

TEST(name_encoder, goes_from_the_standard_form_to_that_of_the_storage) {
  const auto windows = name_encoder::parse("Slash,LtGt,Colon,RightSpace");

  EXPECT_EQ(windows.from_standard("d/a" NL_SYM ":/e "), "d/a\n" W_COLON "/e" SP_SYM);
  EXPECT_EQ(windows.to_standard("a\n" W_COLON), "a" NL_SYM ":");
}

TEST(name_encoder, leaves_names_alone_where_the_storage_has_the_standard_form) {
  const name_encoder standard;

  EXPECT_EQ(standard.from_standard("a" NL_SYM "/" QUOTE W_STAR), "a" NL_SYM "/" QUOTE W_STAR);
  EXPECT_EQ(standard.to_standard("a\n" QUOTE), "a\n" QUOTE);
}

TEST(name_encoder, never_leads_out_of_a_folder) {
  EXPECT_EQ(name_encoder{}.from_standard("../a/./b"), W_DOT W_DOT "/a/" W_DOT "/b");
  EXPECT_EQ(name_encoder::parse("None").from_standard(W_DOT W_DOT "/a"), W_DOT W_DOT "/a");
  EXPECT_EQ(name_encoder::parse("Raw").from_standard("../x"), W_DOT W_DOT "/x");
  EXPECT_EQ(name_encoder::parse("None").from_standard("a" W_SLASH "b"), "a" W_SLASH "b");
}

TEST(name_encoder, is_written_in_the_order_of_rclone) {
  EXPECT_EQ(name_encoder{}.text(), "Slash,Del,Ctl,Dot");
  EXPECT_EQ(name_encoder::parse("Dot, Slash").text(), "Slash,Dot");
  EXPECT_EQ(name_encoder::parse("None").text(), "None");
  EXPECT_EQ(name_encoder::parse("0x2,Ctl").text(), "Slash,Ctl");
  EXPECT_EQ(name_encoder::parse("6").text(), "Slash,LtGt");
}

TEST(name_encoder, names_the_part_that_it_does_not_know) {
  for (const char* text : {"Slash,Nothing", "Nothing", "Slash,,Dot", "0xzz"}) {
    try {
      name_encoder::parse(text);
      ADD_FAILURE() << text;
    } catch (const failure& f) {
      EXPECT_EQ(std::string{f.what()}.find("bad encoding \""), 0U) << f.what();
      EXPECT_NE(std::string{f.what()}.find(": possible values are: Asterisk, BackQuote, "),
                std::string::npos);
    }
  }
}

} // namespace
} // namespace argosy
