#include "core/obscure.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

std::string error_of(std::string_view obscured) {
  try {
    reveal(obscured);
  } catch (const failure& f) {
    return f.what();
  }
  return "no error";
}

TEST(obscure, agrees_with_rclone) {
  const struct {
    const char *clear, *iv, *obscured;
  } rows[] = {
      {"", "aaaaaaaaaaaaaaaa", "YWFhYWFhYWFhYWFhYWFhYQ"},
      {"potato", "aaaaaaaaaaaaaaaa", "YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ"},
      {"potato", "bbbbbbbbbbbbbbbb", "YmJiYmJiYmJiYmJiYmJiYp3gcEWbAw"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(obscure_with_iv(row.clear, row.iv), row.obscured);
    EXPECT_EQ(reveal(row.obscured), row.clear);
  }
}

TEST(obscure, comes_back_whatever_the_length_and_bytes) {
  std::string clear;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(reveal(obscure(clear)), clear);
    clear += static_cast<char>(i * 7);
  }
}

TEST(obscure, differs_each_time) { EXPECT_NE(obscure("potato"), obscure("potato")); }

TEST(obscure, refuses_an_iv_of_another_size) { EXPECT_THROW(obscure_with_iv("x", "short"), failure); }

TEST(reveal, refuses_what_is_not_obscured) {
  for (const char* text : {"", "abcd", "YWFhYWFhYWFhYWFhYWFh"}) {
    EXPECT_EQ(error_of(text), "input too short when revealing password - is it obscured?") << text;
  }
  const struct {
    const char *text, *position;
  } rows[] = {{"a=bc", "1"},
              {"YWFhYWFhYWFhYWFhYWFhYQ==", "22"},
              {"YWFhYWFhYWFhYWFhYWFhYXMaGgIlE", "28"},
              {"YW Fh", "2"},
              {"Y", "0"},
              {"YWFh!", "4"},
              {"+/aa", "0"}};
  for (const auto& row : rows) {
    EXPECT_EQ(error_of(row.text), std::string{"base64 decode failed when revealing password - is it "
                                              "obscured?: illegal base64 data at input byte "} +
                                      row.position)
        << row.text;
  }
}

TEST(reveal, skips_line_ends) { EXPECT_EQ(reveal("YWFhYWFhYWFhYWFh\r\nYWFhYXMaGgIlEQ\n"), "potato"); }

} // namespace
} // namespace argosy
