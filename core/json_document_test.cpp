#include "core/json_document.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

std::string why_not(std::string_view text) {
  try {
    parse_json_document(text);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::bad_parameter);
    return f.what();
  }
  return "parsed";
}

TEST(json_document, white_space_may_follow_the_value) {
  EXPECT_EQ(parse_json_document(" {\"a\": [1]} \t\r\n"), json({{"a", json::array({1.0})}}));
}

TEST(json_document, nothing_else_may_follow_the_value) {
  EXPECT_EQ(why_not("{} {}"), "invalid character '{' after top-level value");
  EXPECT_EQ(why_not("1x"), "invalid character 'x' after top-level value");
}

TEST(json_document, what_is_cut_off_has_an_unexpected_end) {
  EXPECT_EQ(why_not(""), "unexpected end of JSON input");
  EXPECT_EQ(why_not("{\"a\":"), "unexpected end of JSON input");
}

TEST(json_document, other_errors_are_those_of_any_json) {
  EXPECT_EQ(why_not("x"), "invalid character 'x' looking for beginning of value");
}

} // namespace
} // namespace argosy
