#include "http/rc/type_notation.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy::rc {
namespace {

TEST(type_notation, plain_types_have_their_names) {
  EXPECT_EQ(schema_of("string"), json({{"type", "string"}}));
  EXPECT_EQ(schema_of(" integer "), json({{"type", "integer"}}));
  EXPECT_EQ(schema_of("any"), json::object());
  EXPECT_EQ(schema_of("time"), json({{"type", "string"}, {"format", "date-time"}}));
}

TEST(type_notation, lists_may_hold_lists) {
  EXPECT_EQ(schema_of("integer[][]"),
            json({{"type", "array"}, {"items", {{"type", "array"}, {"items", {{"type", "integer"}}}}}}));
}

TEST(type_notation, fields_are_required_unless_they_may_be_absent) {
  EXPECT_EQ(schema_of("{a-b: string, c?: integer}"),
            json({{"type", "object"},
                  {"properties", {{"a-b", {{"type", "string"}}}, {"c", {{"type", "integer"}}}}},
                  {"required", {"a-b"}}}));
  EXPECT_EQ(schema_of("{}"), json({{"type", "object"}}));
}

TEST(type_notation, any_key_may_be_allowed) {
  EXPECT_EQ(
      schema_of("{*: {*: string}}"),
      json({{"type", "object"},
            {"additionalProperties", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}}}));
}

TEST(type_notation, plain_alternatives_are_one_list) {
  EXPECT_EQ(schema_of("string | null"), json({{"type", {"string", "null"}}}));
  EXPECT_EQ(schema_of("\"on\" | \"off\""), json({{"type", "string"}, {"enum", {"on", "off"}}}));
}

TEST(type_notation, other_alternatives_are_any_of_them) {
  EXPECT_EQ(schema_of("string[] | null"),
            json({{"anyOf", {{{"type", "array"}, {"items", {{"type", "string"}}}}, {{"type", "null"}}}}}));
  EXPECT_EQ(schema_of("(string | Item)[]"),
            json({{"type", "array"},
                  {"items", {{"anyOf", {{{"type", "string"}}, {{"$ref", "#/components/schemas/Item"}}}}}}}));
}

TEST(type_notation, what_is_wrong_is_named) {
  const auto why = [](const char* notation) {
    try {
      schema_of(notation);
    } catch (const failure& f) {
      return std::string{f.what()};
    }
    return std::string{"none"};
  };
  EXPECT_EQ(why("{a: string"), "type notation \"{a: string\": expected } at 10");
  EXPECT_EQ(why("string string"), "type notation \"string string\": expected nothing more at 7");
  EXPECT_EQ(why("strin"), "type notation: there is no type \"strin\"");
  EXPECT_EQ(why("{a string}"), "type notation \"{a string}\": expected : at 3");
  EXPECT_EQ(why(""), "type notation \"\": expected a name at 0");
}

} // namespace
} // namespace argosy::rc
