#include "core/go_text.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

template <class Call>
std::string failure_of(Call call) {
  try {
    call();
  } catch (const failure& f) {
    return f.what();
  }
  return "no failure";
}

TEST(go_text, shows_maps_and_lists_as_go_does) {
  EXPECT_EQ(go_text(parse_json(R"({"d":"","f":1.5,"big":1000000,"l":[1,"2",null],"m":{"k":true,"a":{}}})")),
            "map[big:1e+06 d: f:1.5 l:[1 2 <nil>] m:map[a:map[] k:true]]");
  EXPECT_EQ(go_text(parse_json(R"([[],{},[null],{"a":{}},"a b",true,"",[""]])")),
            "[[] map[] [<nil>] map[a:map[]] a b true  []]");
  EXPECT_EQ(go_text(json::object()), "map[]");
  EXPECT_EQ(go_text(json(nullptr)), "<nil>");
}

TEST(go_text, shows_integers_of_our_own_without_an_exponent) {
  EXPECT_EQ(go_text(json{{"id", 1234567}}), "map[id:1234567]");
}

TEST(go_double, has_an_exponent_below_minus_4_and_above_5) {
  EXPECT_EQ(go_double(1), "1");
  EXPECT_EQ(go_double(1.5), "1.5");
  EXPECT_EQ(go_double(-0.0), "-0");
  EXPECT_EQ(go_double(999999), "999999");
  EXPECT_EQ(go_double(999999.9), "999999.9");
  EXPECT_EQ(go_double(1000000), "1e+06");
  EXPECT_EQ(go_double(1234567.8), "1.2345678e+06");
  EXPECT_EQ(go_double(21474836480.0), "2.147483648e+10");
  EXPECT_EQ(go_double(-1e100), "-1e+100");
  EXPECT_EQ(go_double(0.0001), "0.0001");
  EXPECT_EQ(go_double(0.00012345), "0.00012345");
  EXPECT_EQ(go_double(0.00001), "1e-05");
}

TEST(go_double, names_what_is_no_number) {
  EXPECT_EQ(go_double(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(go_double(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(go_double(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(go_decimal, never_has_an_exponent) {
  EXPECT_EQ(go_decimal(0), "0");
  EXPECT_EQ(go_decimal(1.5), "1.5");
  EXPECT_EQ(go_decimal(-1e23), "-100000000000000000000000");
  EXPECT_EQ(go_decimal(1.25e-7), "0.000000125");
  EXPECT_EQ(go_decimal(1.095890410958904), "1.095890410958904");
}

TEST(go_quote, escapes_what_cannot_be_printed) {
  EXPECT_EQ(go_quote("plain 'x'"), R"("plain 'x'")");
  EXPECT_EQ(go_quote("\"\\"), R"("\"\\")");
  EXPECT_EQ(go_quote("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(go_quote(std::string_view("\0\x1f\x7f", 3)), R"("\x00\x1f\x7f")");
  EXPECT_EQ(go_quote("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x8d\x8e"), "\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x8d\x8e\"");
  EXPECT_EQ(go_quote("\xc2\xa0\xe2\x80\xa8\xef\xbb\xbf"), R"("\u00a0\u2028\ufeff")");
  EXPECT_EQ(go_quote("\xf3\xa0\x80\x81"), R"("\U000e0001")");
  EXPECT_EQ(go_quote("\xff\xe2\x80"), R"("\xff\xe2\x80")");
}

TEST(go_quote_rune, uses_single_quotes) {
  EXPECT_EQ(go_quote_rune('x'), "'x'");
  EXPECT_EQ(go_quote_rune('\''), R"('\'')");
  EXPECT_EQ(go_quote_rune('"'), R"('"')");
  EXPECT_EQ(go_quote_rune(0x18), R"('\x18')");
  EXPECT_EQ(go_quote_rune(0xa9), "'\xc2\xa9'");
  EXPECT_EQ(go_quote_rune(0x80), R"('\u0080')");
  EXPECT_EQ(go_quote_rune(0xd800), "'\xef\xbf\xbd'");
}

TEST(go_parse_float, reads_what_go_reads) {
  EXPECT_EQ(go_parse_float("12"), 12);
  EXPECT_EQ(go_parse_float("+.5"), 0.5);
  EXPECT_EQ(go_parse_float("-1."), -1);
  EXPECT_EQ(go_parse_float("1e3"), 1000);
  EXPECT_EQ(go_parse_float("1E-3"), 0.001);
  EXPECT_EQ(go_parse_float("0x1p-2"), 0.25);
  EXPECT_EQ(go_parse_float("-0X1.8p1"), -3);
  EXPECT_EQ(go_parse_float("1_000.5"), 1000.5);
  EXPECT_EQ(go_parse_float("0x_1p4"), 16);
  EXPECT_EQ(go_parse_float("1e-400"), 0);
  EXPECT_EQ(go_parse_float("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(go_parse_float("NaN")));
}

TEST(go_parse_float, refuses_what_go_refuses) {
  for (const char* text : {"",     ".",  "+",  "1e", "1e+",   "0x10", "0x1",   "1__0", "_1", "1_", "1_.5",
                           "1._5", "e5", " 1", "1 ", "1.5.5", "+nan", "infin", "0x1p", "0x", "1p4"})
    EXPECT_EQ(failure_of([&] { go_parse_float(text); }),
              "strconv.ParseFloat: parsing " + go_quote(text) + ": invalid syntax");
  EXPECT_EQ(failure_of([] { go_parse_float("1e999"); }),
            R"(strconv.ParseFloat: parsing "1e999": value out of range)");
}

TEST(go_parse_int, reads_base_ten_only) {
  EXPECT_EQ(go_parse_int("12"), 12);
  EXPECT_EQ(go_parse_int("-3"), -3);
  EXPECT_EQ(go_parse_int("+4"), 4);
  EXPECT_EQ(go_parse_int("001"), 1);
  EXPECT_EQ(go_parse_int("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"", "1e3", "0x10", " 5", "1_000", "123x", "+-5", "--5", "+", "1.0"})
    EXPECT_EQ(failure_of([&] { go_parse_int(text); }),
              "strconv.ParseInt: parsing " + go_quote(text) + ": invalid syntax");
  EXPECT_EQ(failure_of([] { go_parse_int("99999999999999999999"); }),
            R"(strconv.ParseInt: parsing "99999999999999999999": value out of range)");
  EXPECT_EQ(failure_of([] { go_parse_int("aa", "Atoi"); }), R"(strconv.Atoi: parsing "aa": invalid syntax)");
}

TEST(go_type, names_the_types_of_decoded_json) {
  EXPECT_STREQ(go_type(parse_json("1")), "float64");
  EXPECT_STREQ(go_type(json(1)), "float64");
  EXPECT_STREQ(go_type(parse_json("\"1\"")), "string");
  EXPECT_STREQ(go_type(parse_json("true")), "bool");
  EXPECT_STREQ(go_type(parse_json("[1]")), "[]interface {}");
  EXPECT_STREQ(go_type(parse_json("{}")), "map[string]interface {}");
  EXPECT_STREQ(go_type(parse_json("null")), "<nil>");
}

} // namespace
} // namespace argosy
