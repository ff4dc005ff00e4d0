#include "core/base64.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

constexpr auto standard = base64_form::standard;
constexpr auto url_unpadded = base64_form::url_unpadded;

std::string error_of(std::string_view text, base64_form form) {
  try {
    from_base64(text, form);
  } catch (const failure& f) {
    return f.what();
  }
  return "no error";
}

// RFC 4648, section 10.
TEST(base64, agrees_with_the_rfc) {
  const struct {
    const char *bytes, *padded, *unpadded;
  } rows[] = {
      {"", "", ""},
      {"f", "Zg==", "Zg"},
      {"fo", "Zm8=", "Zm8"},
      {"foo", "Zm9v", "Zm9v"},
      {"foob", "Zm9vYg==", "Zm9vYg"},
      {"fooba", "Zm9vYmE=", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
      {"\xfb\xff\xfe", "+//+", "-__-"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(to_base64(row.bytes, standard), row.padded);
    EXPECT_EQ(to_base64(row.bytes, url_unpadded), row.unpadded);
    EXPECT_EQ(from_base64(row.padded, standard), row.bytes);
    EXPECT_EQ(from_base64(row.unpadded, url_unpadded), row.bytes);
  }
}

TEST(base64, comes_back_whatever_the_length_and_bytes) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    for (const auto form : {standard, url_unpadded})
      EXPECT_EQ(from_base64(to_base64(bytes, form), form), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(base64, skips_line_ends) {
  EXPECT_EQ(from_base64("\nZm9v\r\nYg\n=\n=\r\n", standard), "foob");
  EXPECT_EQ(from_base64("Zm9v\r\nYg\n", url_unpadded), "foob");
}

TEST(base64, refuses_the_same_as_go) {
  const struct {
    const char* text;
    base64_form form;
    const char* error;
  } rows[] = {
      {"Zm9vYg", standard, "unexpected EOF"},
      {"Zm9vYg=", standard, "unexpected EOF"},
      {"Z", standard, "unexpected EOF"},
      {"=", standard, "illegal base64 data at input byte 0"},
      {"Z===", standard, "illegal base64 data at input byte 1"},
      {"Zm9v=", standard, "illegal base64 data at input byte 4"},
      {"Zg==Zg==", standard, "illegal base64 data at input byte 4"},
      {"Zg===", standard, "illegal base64 data at input byte 4"},
      {"Zm 9v", standard, "illegal base64 data at input byte 2"},
      {"-__-", standard, "illegal base64 data at input byte 0"},
      {"Zg==", url_unpadded, "illegal base64 data at input byte 2"},
      {"Zm9vY", url_unpadded, "illegal base64 data at input byte 4"},
  };
  for (const auto& row : rows) EXPECT_EQ(error_of(row.text, row.form), row.error) << row.text;
}

} // namespace
} // namespace argosy
