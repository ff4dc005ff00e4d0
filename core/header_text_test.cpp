#include "core/header_text.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace {

using namespace argosy;

TEST(header_text, compares_names_in_any_case) {
  EXPECT_TRUE(same_header("Content-Type", "CONTENT-tYPE"));
  EXPECT_FALSE(same_header("Content-Type", "Content_Type"));
  EXPECT_FALSE(same_header("Content", "Content-Type"));
  EXPECT_FALSE(same_header("@", "`")); // differ in the bit that tells cases, but are no letters
}

TEST(header_text, trims_blanks_and_tabs_only) {
  EXPECT_EQ(trim_header(" \t a b\t "), "a b");
  EXPECT_EQ(trim_header("   "), "");
  EXPECT_EQ(trim_header("\va"), "\va");
}

TEST(header_text, lets_no_value_add_a_line) {
  std::string head;
  append_header(head, "X-Name", "a\r\nSet-Cookie: b\nc");
  EXPECT_EQ(head, "X-Name: a  Set-Cookie: b c\r\n");
}

TEST(header_text, knows_the_reasons) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "");
}

TEST(header_text, writes_the_date_in_the_form_of_the_rfc) {
  const auto before = std::time(nullptr);
  const std::string text{http_date()};
  const auto after = std::time(nullptr);
  EXPECT_EQ(text.size(), std::string_view{"Sun, 06 Nov 1994 08:49:37 GMT"}.size()) << text;
  std::tm parts{};
  const auto* const end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  ASSERT_NE(end, nullptr) << text;
  EXPECT_EQ(*end, '\0') << text;
  const auto told = ::timegm(&parts);
  EXPECT_GE(told, before);
  EXPECT_LE(told, after);
}

TEST(header_text, writes_any_time) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(header_text, reads_the_three_forms_of_a_time) {
  for (const auto* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", " Sun, 06 Nov 1994 08:49:37 GMT\t"})
    EXPECT_EQ(parse_http_date(text), 784111777) << text;
}

TEST(header_text, takes_nothing_else_for_a_time) {
  for (const auto* text :
       {"", "now", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT x",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 -1:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(header_text, finds_parameters_in_any_case_and_unquoted) {
  EXPECT_EQ(header_parameter("attachment; FileName=\"a b\"", "filename"), "a b");
  EXPECT_EQ(header_parameter("multipart/mixed;boundary=x", "boundary"), "x");
  EXPECT_EQ(header_parameter("attachment", "filename"), std::nullopt);
  EXPECT_EQ(header_parameter("attachment; filename=plain; filename*=UTF-8''caf%C3%A9", "filename"),
            "caf\xc3\xa9");
  EXPECT_EQ(header_parameter("attachment; filename=plain; filename*=UTF-8''100%", "filename"), "plain");
}

} // namespace
