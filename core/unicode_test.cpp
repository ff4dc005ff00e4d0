#include "core/unicode.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(nfc, composes_what_can_be_composed) {
  EXPECT_EQ(normalize_nfc("e\xcc\x81"), "\xc3\xa9");
  EXPECT_EQ(normalize_nfc("\xc3\xa9"), "\xc3\xa9");
  EXPECT_EQ(normalize_nfc("\xe1\x84\x80\xe1\x85\xa1"), "\xea\xb0\x80"); // Hangul jamo
  EXPECT_EQ(normalize_nfc("q\xcc\x87\xcc\xa3"), "q\xcc\xa3\xcc\x87");   // marks in canonical order
  EXPECT_EQ(normalize_nfc("\xe2\x84\xab"), "\xc3\x85");                 // angstrom sign
}

TEST(nfc, leaves_compatibility_characters_alone) { EXPECT_EQ(normalize_nfc("\xef\xac\x81"), "\xef\xac\x81"); }

TEST(nfkc, replaces_compatibility_characters_and_composes) {
  EXPECT_EQ(normalize_nfkc("\xef\xac\x81 e\xcc\x81 \xc2\xb2"), "fi \xc3\xa9 2");
  EXPECT_EQ(normalize_nfkc("plain"), "plain");
  EXPECT_EQ(normalize_nfkc("\xef\xac\x81\xff"), "\xef\xac\x81\xff");
}

TEST(nfc, leaves_ascii_and_invalid_text_alone) {
  EXPECT_EQ(normalize_nfc(""), "");
  EXPECT_EQ(normalize_nfc("plain"), "plain");
  EXPECT_EQ(normalize_nfc("e\xcc\x81\xff"), "e\xcc\x81\xff");
}

TEST(nfc, goes_on_after_a_nul) {
  EXPECT_EQ(normalize_nfc(std::string_view{"\0e\xcc\x81", 4}), std::string("\0\xc3\xa9", 3));
}

TEST(lower_case, is_that_of_each_code_point) {
  EXPECT_EQ(to_lower("ABC xyz 123_"), "abc xyz 123_");
  EXPECT_EQ(to_lower("\xc3\x89\xce\xa3\xd0\x96"), "\xc3\xa9\xcf\x83\xd0\xb6");
  EXPECT_EQ(to_lower("\xc3\x9f"), "\xc3\x9f");
  EXPECT_EQ(to_lower("\xc4\xb0"), "i"); // capital I with a dot
  EXPECT_EQ(to_lower("\xf0\x90\x90\x80"), "\xf0\x90\x90\xa8");
}

TEST(lower_case, keeps_invalid_bytes) { EXPECT_EQ(to_lower("A\xff\xc3"), "a\xff\xc3"); }

TEST(utf8, is_ascii_below_0x80) {
  EXPECT_TRUE(is_ascii(""));
  EXPECT_TRUE(is_ascii("a\x7f"));
  EXPECT_FALSE(is_ascii("a\x80"));
}

TEST(utf8, knows_valid_sequences) {
  for (const char* text : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"})
    EXPECT_TRUE(is_valid_utf8(text)) << text;
}

TEST(utf8, refuses_overlong_forms_surrogates_and_torn_sequences) {
  for (const char* text : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x80", "\xf0\x9f\x98",
                           "\xc3(", "\xe2\x80(", "\xf0\x9f\x98("})
    EXPECT_FALSE(is_valid_utf8(text)) << text;
}

TEST(utf8, decodes_what_it_encodes) {
  for (const char32_t rune :
       {0x0u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu}) {
    std::string text;
    append_utf8(text, rune);
    EXPECT_EQ(utf8_length(text), text.size());
    EXPECT_EQ(utf8_decode(text, text.size()), rune);
  }
}

} // namespace
} // namespace argosy
