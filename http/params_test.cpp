#include "http/params.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace argosy;

http_request request(const std::string& query, const std::string& content_type = {},
                     const std::string& body = {}) {
  http_request r;
  r.method = "POST";
  r.query = query;
  r.body = body;
  if (!content_type.empty()) r.headers.emplace_back("Content-Type", content_type);
  return r;
}

json read(const std::string& query, const std::string& content_type = {}, const std::string& body = {}) {
  return read_parameters(request(query, content_type, body));
}

// The error text and the input that goes with it.
std::pair<std::string, json> refusal(const std::string& query, const std::string& content_type,
                                     const std::string& body = {}) {
  try {
    read(query, content_type, body);
  } catch (const bad_request& e) {
    EXPECT_EQ(e.kind(), failure_kind::bad_parameter);
    return {e.what(), e.gathered};
  }
  ADD_FAILURE() << content_type << " was accepted";
  return {};
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::bad_parameter);
    return f.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

const std::string form = "application/x-www-form-urlencoded";
const std::string js = "application/json";

TEST(url_parameters, are_strings) {
  EXPECT_EQ(read("potato=1&sausage=2"), json({{"potato", "1"}, {"sausage", "2"}}));
  EXPECT_EQ(read("a=&b&=c"), json({{"", "c"}, {"a", ""}, {"b", ""}}));
  EXPECT_EQ(read(""), json::object());
  EXPECT_EQ(read("&&"), json::object());
}

TEST(url_parameters, count_by_their_last_value) {
  EXPECT_EQ(read("a=1&a=2&b=x&a=3"), json({{"a", "3"}, {"b", "x"}}));
}

TEST(url_parameters, are_decoded_and_vanish_when_they_cannot_be) {
  EXPECT_EQ(read("a=%C3%A9+x%20y&k%20ey=v%26w%3D&plus=1%2B1&bad=%zz&ok=1"),
            json({{"a", "\u00e9 x y"}, {"k ey", "v&w="}, {"plus", "1+1"}, {"ok", "1"}}));
  EXPECT_EQ(read("x;y=1&z=2"), json({{"z", "2"}}));
  EXPECT_EQ(read("a=%e2%82%ac&u=%zz%&v=%4"), json({{"a", "\u20ac"}}));
  EXPECT_EQ(read("%zz=1&b=2&c=%"), json({{"b", "2"}}));
}

TEST(form_parameters, are_read_from_the_body) {
  EXPECT_EQ(read("", form, "a=1&b=&c&a=2+3&%C3%BC=%E2%82%AC"),
            json({{"a", "2 3"}, {"b", ""}, {"c", ""}, {"\u00fc", "\u20ac"}}));
  EXPECT_EQ(read("", "Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1"), json({{"a", "1"}}));
}

TEST(form_parameters, lose_against_the_url) {
  EXPECT_EQ(read("param1=potato&param2=sausage", form, "param1=string&param3=true"),
            json({{"param1", "potato"}, {"param2", "sausage"}, {"param3", "true"}}));
}

TEST(form_parameters, are_strict) {
  const std::string start = "failed to parse form/URL parameters: ";
  EXPECT_EQ(refusal("", form, "a=%zz").first, start + "invalid URL escape \"%zz\"");
  EXPECT_EQ(refusal("", form, "a=1;b=2").first, start + "invalid semicolon separator in query");
  EXPECT_EQ(refusal("good=1", form, "b=%4").first, start + "invalid URL escape \"%4\"");
  EXPECT_EQ(refusal("bad=%zz", form, "a=1").first, start + "invalid URL escape \"%zz\"");
  EXPECT_EQ(refusal("bad=%yy", form, "a=%zz").first, start + "invalid URL escape \"%zz\"");
  EXPECT_EQ(refusal("good=1", form, "b=%4").second, nullptr);
  EXPECT_EQ(refusal("", form, "a=" + std::string(10 << 20, 'x')).first, start + "http: POST too large");
}

TEST(json_parameters, win_against_the_url) {
  EXPECT_EQ(read("param1=potato&param2=sausage", js, R"({ "param1":"string", "param3":true })"),
            json({{"param1", "string"}, {"param2", "sausage"}, {"param3", true}}));
  EXPECT_EQ(read("a=x&b=y", js, R"({"a":null})"), json({{"a", nullptr}, {"b", "y"}}));
}

TEST(json_parameters, are_found_by_the_media_type_in_any_spelling) {
  const json expected{{"a", 1.0}};
  for (const auto* type : {"application/json", "ApplicAtion/JsOn", "application/json; charset=utf-8",
                           "aPPlication/jSoN; charset=UtF-8", "application/json;charset=\"utf-8\"",
                           "application/json ;", " application/json;x=y"})
    EXPECT_EQ(read("", type, R"({"a":1})"), expected) << type;
}

TEST(json_parameters, end_with_the_first_value) {
  EXPECT_EQ(read("", js, R"({"a":1}{"b":2})"), json({{"a", 1.0}}));
  EXPECT_EQ(read("", js, "\n\t {\"a\":[1,\r\n2]} trailing garbage"), json({{"a", {1.0, 2.0}}}));
}

TEST(json_parameters, leave_nothing_when_null) {
  EXPECT_EQ(read("", js, "null"), json::object());
  EXPECT_EQ(read("u=1", js, "null"), json::object());
}

TEST(json_parameters, may_be_empty) {
  EXPECT_EQ(read("", js, "{}"), json::object());
  EXPECT_EQ(read("a=1", js, "{}"), json({{"a", "1"}}));
}

TEST(json_parameters, are_refused_with_what_was_gathered_before) {
  const std::string start = "failed to read input JSON: ";
  EXPECT_EQ(refusal("", js, "").first, start + "EOF");
  EXPECT_EQ(refusal("", js, "").second, json::object());
  EXPECT_EQ(refusal("", js, "{\"a\":").first, start + "unexpected EOF");
  const auto wrong = refusal("param1=potato&param2=sausage", js, R"({ param1":"string", "param3":true })");
  EXPECT_EQ(wrong.first, start + "invalid character 'p' looking for beginning of object key string");
  EXPECT_EQ(wrong.second, json({{"param1", "potato"}, {"param2", "sausage"}}));
  for (const auto& [body, type] : std::vector<std::pair<std::string, std::string>>{
           {"[1,2]", "array"}, {"\"text\"", "string"}, {"12", "number"}, {"true", "bool"}})
    EXPECT_EQ(refusal("", js, body).first,
              start + "json: cannot unmarshal " + type + " into Go value of type rc.Params");
}

TEST(json_parameters, come_in_one_charset) {
  const auto latin = refusal("a=1", "application/json; charset=latin1", "{}");
  EXPECT_EQ(latin.first, "unsupported charset \"latin1\" for JSON input");
  EXPECT_EQ(latin.second, json({{"a", "1"}}));
}

TEST(other_bodies, are_not_read) {
  for (const auto* type : {"", "text/plain", "application/javascript", "multipart/form-data; boundary=x"})
    EXPECT_EQ(read("a=1", type, "b=2"), json({{"a", "1"}})) << type;
}

TEST(content_type, is_refused_with_the_words_of_go) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"malformed/", "mime: expected token after slash"},
      {"/json", "mime: no media type"},
      {";charset=utf-8", "mime: no media type"},
      {"application json", "mime: expected slash after first token"},
      {"application/json extra", "mime: unexpected content after media subtype"},
      {"application/json; charset", "mime: invalid media parameter"},
      {"application/json; =x", "mime: invalid media parameter"},
      {"application/json; charset=\"utf-8", "mime: invalid media parameter"},
      {"application/json; charset=utf-8 x", "mime: invalid media parameter"},
      {"application/json; charset=utf-8; CHARSET=latin1", "mime: duplicate parameter name"},
  };
  for (const auto& [type, why] : cases) {
    const auto [text, input] = refusal("a=1", type, "{}");
    EXPECT_EQ(text, "failed to parse Content-Type: " + why) << type;
    EXPECT_EQ(input, nullptr) << type;
  }
}

TEST(content_type, allows_what_go_allows) {
  EXPECT_EQ(parse_media_type("Text/HTML ; Charset=\"UTF\\\"8\"").name, "text/html");
  EXPECT_EQ(parse_media_type("Text/HTML ; Charset=\"UTF\\\"8\"").charset, "UTF\"8");
  EXPECT_EQ(parse_media_type("a/b; charset=x; charset=x").charset, "x");
  EXPECT_EQ(parse_media_type("a").name, "a");
  EXPECT_EQ(parse_media_type("a/b;").charset, std::nullopt);
}

TEST(prefer, asks_for_an_answer_at_once) {
  const auto prefers = [](std::vector<std::pair<std::string, std::string>> headers) {
    http_request r;
    r.headers = std::move(headers);
    return prefers_async(r);
  };
  EXPECT_TRUE(prefers({{"Prefer", "respond-async"}}));
  EXPECT_TRUE(prefers({{"prefer", "wait=10, Respond-ASYNC"}}));
  EXPECT_TRUE(prefers({{"Prefer", "wait=10"}, {"Prefer", "respond-async"}}));
  EXPECT_FALSE(prefers({{"Prefer", "respond-async-not"}}));
  EXPECT_FALSE(prefers({{"X-Prefer", "respond-async"}}));
  EXPECT_FALSE(prefers({}));
}

TEST(decode_path, undoes_escapes_but_not_plus) {
  EXPECT_EQ(decode_path("a+b%20c%2F"), "a+b c/");
  EXPECT_EQ(decode_path("%e2%82%AC"), "\u20ac");
  EXPECT_EQ(decode_path("%41"), "A");
  for (const auto* bad : {"%", "%4", "%zz", "a%4g"}) EXPECT_EQ(decode_path(bad), std::nullopt) << bad;
}

TEST(strings, are_strings_only) {
  EXPECT_EQ(require_string({{"k", "v"}}, "k"), "v");
  EXPECT_EQ(optional_string({{"k", "v"}}, "k", "f"), "v");
  EXPECT_EQ(optional_string(json::object(), "k", "f"), "f");
  const auto wrong = [](const json& value) {
    return error_of([&] { require_string({{"remote", value}}, "remote"); });
  };
  EXPECT_EQ(wrong(3.0), "expecting string value for key \"remote\" (was float64)");
  EXPECT_EQ(wrong(true), "expecting string value for key \"remote\" (was bool)");
  EXPECT_EQ(wrong(nullptr), "expecting string value for key \"remote\" (was <nil>)");
  EXPECT_EQ(wrong(json::array()), "expecting string value for key \"remote\" (was []interface {})");
  EXPECT_EQ(wrong(json::object()), "expecting string value for key \"remote\" (was map[string]interface {})");
  EXPECT_EQ(error_of([] {
              optional_string({{"k", nullptr}}, "k");
            }),
            "expecting string value for key \"k\" (was <nil>)");
}

TEST(missing_parameters, are_named) {
  const std::string text = "Didn't find key \"k\" in input";
  const json none = json::object();
  EXPECT_EQ(error_of([&] { require_string(none, "k"); }), text);
  EXPECT_EQ(error_of([&] { require_int(none, "k"); }), text);
  EXPECT_EQ(error_of([&] { require_bool(none, "k"); }), text);
  EXPECT_EQ(error_of([&] { require_double(none, "k"); }), text);
  EXPECT_EQ(error_of([&] { require_value(none, "k"); }), text);
  EXPECT_EQ(require_value({{"k", nullptr}}, "k"), nullptr);
}

TEST(integers, are_numbers_or_decimal_text) {
  const auto number = [](const json& value) { return require_int({{"jobid", value}}, "jobid"); };
  EXPECT_EQ(number("1"), 1);
  EXPECT_EQ(number("+1"), 1);
  EXPECT_EQ(number("001"), 1);
  EXPECT_EQ(number("-3"), -3);
  EXPECT_EQ(number(1.9), 1);
  EXPECT_EQ(number(-2.5), -2);
  EXPECT_EQ(number(7), 7);
  EXPECT_EQ(number(9223372036854775807.0), std::numeric_limits<std::int64_t>::min()); // as on amd64
  EXPECT_EQ(optional_int(json::object(), "jobid", 5), 5);
  const auto wrong = [&](const json& value) { return error_of([&] { number(value); }); };
  for (const auto* text : {"1e3", "0x10", " 5", "1_000", ""})
    EXPECT_EQ(wrong(text), std::string{"couldn't parse key \"jobid\" ("} + text +
                               ") as int64: strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
  EXPECT_EQ(wrong("99999999999999999999"),
            "couldn't parse key \"jobid\" (99999999999999999999) as int64: "
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range");
  EXPECT_EQ(wrong(9.3e18), "key \"jobid\" (9.3e+18) overflows int64 ");
  EXPECT_EQ(wrong(-9.3e18), "key \"jobid\" (-9.3e+18) overflows int64 ");
  EXPECT_EQ(wrong(true), "expecting int64 value for key \"jobid\" (was bool)");
  EXPECT_EQ(wrong(nullptr), "expecting int64 value for key \"jobid\" (was <nil>)");
}

TEST(doubles, are_numbers_or_text) {
  const auto number = [](const json& value) { return require_double({{"k", value}}, "k"); };
  EXPECT_EQ(number(1.5), 1.5);
  EXPECT_EQ(number("0x1p-2"), 0.25);
  EXPECT_EQ(number("inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(error_of([&] { number("x"); }),
            "couldn't parse key \"k\" (x) as float64: strconv.ParseFloat: parsing \"x\": invalid syntax");
  EXPECT_EQ(error_of([&] { number(json::array()); }),
            "expecting float64 value for key \"k\" (was []interface {})");
}

TEST(booleans, have_twelve_spellings) {
  const auto truth = [](const json& value) { return require_bool({{"k", value}}, "k"); };
  for (const auto* text : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_TRUE(truth(text)) << text;
  for (const auto* text : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_FALSE(truth(text)) << text;
  EXPECT_TRUE(truth(true));
  EXPECT_TRUE(truth(2.5));
  EXPECT_FALSE(truth(0.0));
  EXPECT_TRUE(optional_bool(json::object(), "k", true));
  for (const auto* text : {"yes", "on", "", "tRUE", "TRuE"})
    EXPECT_EQ(error_of([&] { truth(text); }), std::string{"couldn't parse key \"k\" ("} + text +
                                                  ") as bool: strconv.ParseBool: parsing \"" + text +
                                                  "\": invalid syntax");
  EXPECT_EQ(error_of([&] { truth(nullptr); }), "expecting bool value for key \"k\" (was <nil>)");
  EXPECT_EQ(error_of([&] { truth(json::object()); }),
            "expecting bool value for key \"k\" (was map[string]interface {})");
}

TEST(durations, are_text_only) {
  EXPECT_EQ(optional_duration({{"k", "1h2m"}}, "k", 0), 3'720'000'000'000);
  EXPECT_EQ(optional_duration({{"k", "10"}}, "k", 0), 10'000'000'000);
  EXPECT_EQ(optional_duration(json::object(), "k", 7), 7);
  EXPECT_EQ(error_of([] {
              optional_duration({{"k", 5.0}}, "k", 0);
            }),
            "expecting string value for key \"k\" (was float64)");
  EXPECT_EQ(error_of([] { optional_duration({{"k", "1x"}}, "k", 0); }).rfind("parse duration: ", 0), 0u);
}

TEST(objects, may_come_as_text) {
  const json object{{"a", 1.0}};
  EXPECT_EQ(optional_object({{"opt", object}}, "opt"), object);
  EXPECT_EQ(optional_object({{"opt", "{\"a\":1} "}}, "opt"), object);
  EXPECT_EQ(optional_object({{"opt", nullptr}}, "opt"), json::object());
  EXPECT_EQ(optional_object({{"opt", "null"}}, "opt"), json::object());
  EXPECT_EQ(optional_object(json::object(), "opt"), json::object());
  const auto wrong = [](const json& value) {
    return error_of([&] { optional_object({{"opt", value}}, "opt", "operations.ListJSONOpt"); });
  };
  EXPECT_EQ(wrong("x"), "key \"opt\": invalid character 'x' looking for beginning of value");
  EXPECT_EQ(wrong("nope"), "key \"opt\": invalid character 'o' in literal null (expecting 'u')");
  EXPECT_EQ(wrong(""), "key \"opt\": unexpected end of JSON input");
  EXPECT_EQ(wrong("{\"a\":"), "key \"opt\": unexpected end of JSON input");
  EXPECT_EQ(wrong("{} x"), "key \"opt\": invalid character 'x' after top-level value");
  EXPECT_EQ(wrong("[1]"),
            "key \"opt\": json: cannot unmarshal array into Go value of type operations.ListJSONOpt");
  EXPECT_EQ(wrong({1.0}),
            "key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal array into Go value of type "
            "operations.ListJSONOpt");
  EXPECT_EQ(wrong(5.0),
            "key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal number into Go value of type "
            "operations.ListJSONOpt");
}

TEST(lists, may_come_as_text) {
  EXPECT_EQ(optional_list({{"arg", {"a"}}}, "arg"), json({"a"}));
  EXPECT_EQ(optional_list({{"arg", "[\"a\",1]"}}, "arg"), json({"a", 1.0}));
  EXPECT_EQ(optional_list(json::object(), "arg"), json::array());
  EXPECT_EQ(error_of([] {
              optional_list({{"arg", json::object()}}, "arg", "[]string");
            }),
            "key \"arg\": Reshape failed to Unmarshal: json: cannot unmarshal object into Go value of type "
            "[]string");
}

TEST(struct_fields, are_found_in_any_case) {
  const auto recurse = [](const json& object) {
    return struct_bool(object, "opt", "ListJSONOpt", "recurse", false);
  };
  EXPECT_TRUE(recurse({{"recurse", true}}));
  EXPECT_TRUE(recurse({{"RECURSE", true}, {"unknown", 5.0}}));
  EXPECT_FALSE(recurse({{"RECURSE", true}, {"recurse", false}})); // the last in the order of keys
  EXPECT_FALSE(recurse({{"recurse", nullptr}}));
  EXPECT_TRUE(struct_bool({{"recurse", nullptr}}, "opt", "ListJSONOpt", "recurse", true));
  EXPECT_FALSE(recurse(json::object()));
  EXPECT_EQ(error_of([&] {
              recurse({{"recurse", "true"}});
            }),
            "key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal string into Go struct field "
            "ListJSONOpt.recurse of type bool");
  EXPECT_EQ(error_of([&] {
              recurse({{"recurse", 1.0}});
            }),
            "key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal number into Go struct field "
            "ListJSONOpt.recurse of type bool");
}

TEST(struct_fields, hold_lists_of_strings) {
  const auto types = [](const json& value) {
    return struct_strings({{"hashTypes", value}}, "opt", "ListJSONOpt", "hashTypes");
  };
  EXPECT_EQ(types({"md5", nullptr}), (std::vector<std::string>{"md5", ""}));
  EXPECT_TRUE(types(nullptr).empty());
  EXPECT_EQ(error_of([&] { types("x"); }),
            "key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal string into "
            "Go struct field ListJSONOpt.hashTypes of type []string");
  EXPECT_EQ(error_of([&] { types({1.0}); }),
            "key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal number "
            "into Go struct field ListJSONOpt.hashTypes of type string");
}

} // namespace
