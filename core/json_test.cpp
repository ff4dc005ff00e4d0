#include "core/json.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

std::string failure_of(std::string_view text) {
  try {
    parse_json(text);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::bad_parameter);
    return f.what();
  }
  return "no failure";
}

std::string echo(std::string_view text) { return render_json(parse_json(text)); }

std::string double_text(double value) {
  std::string out;
  append_json_double(out, value);
  return out;
}

std::string string_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

struct bad_text {
  const char* text;
  const char* reason;
};

class bad_json : public testing::TestWithParam<bad_text> {};

TEST_P(bad_json, is_refused_with_the_text_of_go) {
  EXPECT_EQ(failure_of(GetParam().text), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    ends_too_early, bad_json,
    testing::Values(bad_text{"", "EOF"}, bad_text{" \n\t\r ", "EOF"}, bad_text{"{", "unexpected EOF"},
                    bad_text{"{\"a\"", "unexpected EOF"}, bad_text{"{\"a\":", "unexpected EOF"},
                    bad_text{"{\"a\":1", "unexpected EOF"}, bad_text{"{\"a\":1,", "unexpected EOF"},
                    bad_text{"{\"a\":tru", "unexpected EOF"}, bad_text{"{\"a\":-", "unexpected EOF"},
                    bad_text{"1.", "unexpected EOF"}, bad_text{"1e+", "unexpected EOF"},
                    bad_text{"\"x", "unexpected EOF"}, bad_text{"\"\\", "unexpected EOF"},
                    bad_text{"\"\\u12", "unexpected EOF"}, bad_text{"[1", "unexpected EOF"}));

INSTANTIATE_TEST_SUITE_P(
    has_a_wrong_character, bad_json,
    testing::Values(
        bad_text{"{ param1\":\"string\"}",
                 "invalid character 'p' looking for beginning of object key string"},
        bad_text{"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
        bad_text{"{'a':1}", "invalid character '\\'' looking for beginning of object key string"},
        bad_text{"{\"a\":NaN}", "invalid character 'N' looking for beginning of value"},
        bad_text{"{\"a\":+1}", "invalid character '+' looking for beginning of value"},
        bad_text{"{\"a\":.5}", "invalid character '.' looking for beginning of value"},
        bad_text{"[1,]", "invalid character ']' looking for beginning of value"},
        bad_text{"{\"a\":01}", "invalid character '1' after object key:value pair"},
        bad_text{"{\"a\" 1}", "invalid character '1' after object key"},
        bad_text{"{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"},
        bad_text{"[1 2]", "invalid character '2' after array element"},
        bad_text{"{\"a\":trx}", "invalid character 'x' in literal true (expecting 'u')"},
        bad_text{"nulL", "invalid character 'L' in literal null (expecting 'l')"},
        bad_text{"-x", "invalid character 'x' in numeric literal"},
        bad_text{"{\"a\":1.}", "invalid character '}' after decimal point in numeric literal"},
        bad_text{"{\"a\":1e}", "invalid character '}' in exponent of numeric literal"},
        bad_text{"\"x\ny\"", "invalid character '\\n' in string literal"},
        bad_text{"\"\x01\"", "invalid character '\\x01' in string literal"},
        bad_text{"\"\\x\"", "invalid character 'x' in string escape code"},
        bad_text{"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
        bad_text{"\\", "invalid character '\\\\' looking for beginning of value"},
        bad_text{"\xef\xbb\xbf{}", "invalid character '\xc3\xaf' looking for beginning of value"},
        bad_text{"\x80", "invalid character '\\u0080' looking for beginning of value"},
        bad_text{"{\xff:1}", "invalid character '\xc3\xbf' looking for beginning of object key string"}));

INSTANTIATE_TEST_SUITE_P(
    has_a_number_beyond_doubles, bad_json,
    testing::Values(
        bad_text{"{\"a\":1e400}", "json: cannot unmarshal number 1e400 into Go value of type float64"},
        bad_text{"{\"b\":[-1e999],\"a\":1e400}",
                 "json: cannot unmarshal number -1e999 into Go value of type float64"},
        bad_text{"{\"a\":1e400,}", "invalid character '}' looking for beginning of object key string"}));

TEST(json_reader, turns_a_top_level_number_beyond_doubles_into_an_infinity) {
  EXPECT_EQ(parse_json("-1e400").get<double>(), -std::numeric_limits<double>::infinity());
}

TEST(json_reader, turns_a_number_too_small_for_doubles_into_zero) {
  EXPECT_EQ(parse_json("{\"a\":1e-400}")["a"].get<double>(), 0.0);
}

TEST(json_reader, keeps_the_smallest_and_the_largest_double) {
  const json value = parse_json("[5e-324,1.7976931348623157e308]");
  EXPECT_EQ(value[0].get<double>(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(value[1].get<double>(), std::numeric_limits<double>::max());
}

TEST(json_reader, makes_every_number_a_double) {
  for (const char* text : {"1", "-0", "123456789012345", "1234567890123456", "1.5", "1e3"})
    EXPECT_TRUE(parse_json(text).is_number_float()) << text;
}

TEST(json_reader, rounds_long_integers_to_the_nearest_double) {
  EXPECT_EQ(parse_json("123456789012345").get<double>(), 123456789012345.0);
  EXPECT_EQ(parse_json("9007199254740993").get<double>(), 9007199254740992.0);
  EXPECT_EQ(parse_json("12345678901234567890123").get<double>(), 12345678901234567890123.0);
}

TEST(json_reader, keeps_the_sign_of_zero) { EXPECT_TRUE(std::signbit(parse_json("-0").get<double>())); }

TEST(json_reader, ignores_what_follows_the_first_value) {
  std::size_t consumed = 0;
  EXPECT_EQ(parse_json("\n {\"a\":1}{\"b\":2}", &consumed), json({{"a", 1.0}}));
  EXPECT_EQ(consumed, 9u);
  EXPECT_EQ(parse_json("nullx"), json(nullptr));
  EXPECT_EQ(parse_json("truex"), json(true));
  EXPECT_EQ(parse_json("01"), json(0.0));
  EXPECT_EQ(parse_json("\"a\"b"), json("a"));
}

TEST(json_reader, lets_the_last_of_equal_keys_win) {
  EXPECT_EQ(parse_json(R"({"a":1,"A":4,"a":{"x":1},"a":{"y":2}})"), json({{"A", 4.0}, {"a", {{"y", 2.0}}}}));
}

TEST(json_reader, decodes_escapes_and_surrogates) {
  EXPECT_EQ(parse_json(R"("\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t\u0041")").get<std::string>(),
            "\xc3\xa9\xf0\x9f\x98\x80\"\\/\b\f\n\r\tA");
  EXPECT_EQ(parse_json(R"("\u0000x")").get<std::string>(), std::string("\0x", 2));
}

TEST(json_reader, replaces_lone_surrogates) {
  EXPECT_EQ(parse_json(R"("\ud800x")").get<std::string>(), "\xef\xbf\xbdx");
  EXPECT_EQ(parse_json(R"("\ud800\u0041")").get<std::string>(), "\xef\xbf\xbd"
                                                                "A");
  EXPECT_EQ(parse_json(R"("\udc00")").get<std::string>(), "\xef\xbf\xbd");
  EXPECT_EQ(parse_json(R"("\ud800\udbff")").get<std::string>(), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(parse_json(R"("\ud800\ud83d\ude00")").get<std::string>(), "\xef\xbf\xbd\xf0\x9f\x98\x80");
}

TEST(json_reader, replaces_each_invalid_byte) {
  EXPECT_EQ(parse_json("\"a\xff\xc3\"").get<std::string>(), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(parse_json("\"\xed\xa0\x80\"").get<std::string>(), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(json_reader, allows_ten_thousand_levels_and_no_more) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_NO_THROW(parse_json(nested(10000)));
  EXPECT_EQ(failure_of(nested(10001)), "invalid character '[' exceeded max depth");
  EXPECT_EQ(failure_of(std::string(10000, '[') + "{}"), "invalid character '{' exceeded max depth");
}

TEST(json_text, is_laid_out_as_rclone_does) {
  EXPECT_EQ(echo(R"({"z":{"b":[],"a":{}},"list":[1,[2,{"k":null}],"x"],"t":true,"f":false})"),
            "{\n\t\"f\": false,\n\t\"list\": [\n\t\t1,\n\t\t[\n\t\t\t2,\n\t\t\t{\n\t\t\t\t\"k\": "
            "null\n\t\t\t}\n\t\t],\n"
            "\t\t\"x\"\n\t],\n\t\"t\": true,\n\t\"z\": {\n\t\t\"a\": {},\n\t\t\"b\": []\n\t}\n}\n");
  EXPECT_EQ(echo("{}"), "{}\n");
  EXPECT_EQ(echo("[]"), "[]\n");
}

TEST(json_text, sorts_keys_by_their_bytes) {
  EXPECT_EQ(echo("{\"\xc3\xa9\":1,\"a\":2,\"B\":3}"), "{\n\t\"B\": 3,\n\t\"a\": 2,\n\t\"\xc3\xa9\": 1\n}\n");
}

TEST(json_text, begins_at_the_given_depth) {
  std::string out;
  append_json(out, json({{"a", 1.0}}), 2);
  EXPECT_EQ(out, "{\n\t\t\t\"a\": 1\n\t\t}");
}

TEST(json_text, escapes_what_go_escapes) {
  EXPECT_EQ(string_text("<a href=\"x\">&\\"), R"("\u003ca href=\"x\"\u003e\u0026\\")");
  EXPECT_EQ(string_text("\t\n\r\b\f\x01\x1f\x7f"), "\"\\t\\n\\r\\u0008\\u000c\\u0001\\u001f\x7f\"");
  EXPECT_EQ(string_text("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
            "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
  EXPECT_EQ(string_text("\xc3\xa9\xe6\x97\xa5 \xf0\x9f\x8d\x8e"),
            "\"\xc3\xa9\xe6\x97\xa5 \xf0\x9f\x8d\x8e\"");
  EXPECT_EQ(string_text("a\xff\xe2\x82z"), R"("a\ufffd\ufffd\ufffdz")");
  EXPECT_EQ(string_text(""), R"("")");
}

TEST(json_text, writes_doubles_in_their_shortest_form) {
  EXPECT_EQ(double_text(1.0), "1");
  EXPECT_EQ(double_text(-5), "-5");
  EXPECT_EQ(double_text(-0.0), "-0");
  EXPECT_EQ(double_text(0.1), "0.1");
  EXPECT_EQ(double_text(3.14159265358979), "3.14159265358979");
  EXPECT_EQ(double_text(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(double_text(12345678901234567890.0), "12345678901234567000");
  EXPECT_EQ(double_text(1.0 / 3), "0.3333333333333333");
}

TEST(json_text, writes_an_exponent_below_1e_minus_6_and_from_1e21) {
  EXPECT_EQ(double_text(1e20), "100000000000000000000");
  EXPECT_EQ(double_text(1e21), "1e+21");
  EXPECT_EQ(double_text(-1.5e300), "-1.5e+300");
  EXPECT_EQ(double_text(0.000001), "0.000001");
  EXPECT_EQ(double_text(0.0000001), "1e-7");
  EXPECT_EQ(double_text(1.234e-10), "1.234e-10");
  EXPECT_EQ(double_text(5e-324), "5e-324");
}

TEST(json_text, writes_null_for_what_json_cannot_say) {
  EXPECT_EQ(double_text(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(double_text(std::numeric_limits<double>::infinity()), "null");
}

TEST(json_text, writes_integers_without_loss) {
  EXPECT_EQ(render_json(json(INT64_MIN)), "-9223372036854775808\n");
  EXPECT_EQ(render_json(json(UINT64_MAX)), "18446744073709551615\n");
}

TEST(json_writer, keeps_the_order_of_the_keys) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("z");
  w.value(1);
  w.key("a");
  w.begin_array();
  w.value("x");
  w.value(2.5);
  w.null();
  w.begin_object();
  w.end_object();
  w.end_array();
  w.key("empty");
  w.begin_array();
  w.end_array();
  w.key("t");
  w.value(true);
  w.key("u");
  w.value(UINT64_MAX);
  w.end_object();
  EXPECT_EQ(out,
            "{\n\t\"z\": 1,\n\t\"a\": [\n\t\t\"x\",\n\t\t2.5,\n\t\tnull,\n\t\t{}\n\t],\n\t\"empty\": [],\n"
            "\t\"t\": true,\n\t\"u\": 18446744073709551615\n}");
}

TEST(json_writer, writes_the_same_as_append_json) {
  const json value = parse_json(R"({"a":[1,{"b":[]},"c"],"d":{"e":null}})");
  std::string written;
  json_writer w{written};
  w.begin_object();
  w.key("a");
  w.value(value["a"]);
  w.key("d");
  w.value(value["d"]);
  w.end_object();
  std::string expected;
  append_json(expected, value);
  EXPECT_EQ(written, expected);
}

TEST(json_writer, indents_raw_text_anew) {
  const json inner = parse_json(R"({"b":["x\ny",2]})");
  std::string text;
  append_json(text, inner);
  std::string out;
  json_writer w{out};
  w.begin_array();
  w.raw(text);
  w.raw("{}");
  w.end_array();
  std::string expected;
  append_json(expected, json::array({inner, json::object()}));
  EXPECT_EQ(out, expected);
}

TEST(json_writer, begins_without_a_line_at_any_depth) {
  std::string out;
  json_writer w{out, 1};
  w.begin_object();
  w.key("k");
  w.value("v");
  w.end_object();
  EXPECT_EQ(out, "{\n\t\t\"k\": \"v\"\n\t}");
}

} // namespace
} // namespace argosy
