#include "core/size_suffix.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

std::string failure_of(std::string_view text) {
  try {
    parse_size(text);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other);
    return f.what();
  }
  return "no failure";
}

TEST(size, has_a_binary_suffix_or_counts_kibibytes) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("1b"), 1);
  EXPECT_EQ(parse_size("102B"), 102);
  EXPECT_EQ(parse_size("0.1k"), 102);
  EXPECT_EQ(parse_size("0.1"), 102);
  EXPECT_EQ(parse_size("1"), 1024);
  for (const char* text : {"1K", "1k", "1Ki", "1kI", "1KiB", "1kib"})
    EXPECT_EQ(parse_size(text), 1024) << text;
  EXPECT_EQ(parse_size("2.5"), 2560);
  for (const char* text : {"1M", "1Mi", "1MiB"}) EXPECT_EQ(parse_size(text), 1 << 20) << text;
  EXPECT_EQ(parse_size("1.g"), 1 << 30);
  EXPECT_EQ(parse_size("10T"), std::int64_t{10} << 40);
  EXPECT_EQ(parse_size("10P"), std::int64_t{10} << 50);
  EXPECT_EQ(parse_size("7E"), std::int64_t{7} << 60);
}

TEST(size, may_be_any_number_that_go_reads) {
  EXPECT_EQ(parse_size("1e3k"), 1024000);
  EXPECT_EQ(parse_size("+5"), 5120);
  EXPECT_EQ(parse_size("1_000b"), 1000);
  EXPECT_EQ(parse_size("0x1p4b"), 16);
  EXPECT_EQ(parse_size("1.99b"), 1);
}

TEST(size, may_be_off) {
  EXPECT_EQ(parse_size("off"), -1);
  EXPECT_EQ(parse_size("OFF"), -1);
  EXPECT_EQ(parse_size("Off"), -1);
}

TEST(size, is_negative_when_it_does_not_fit) {
  for (const char* text : {"8E", "100E", "99999999999999999999", "infb", "nanb"})
    EXPECT_EQ(parse_size(text), INT64_MIN) << text;
}

TEST(size, is_refused_with_the_text_of_rclone) {
  EXPECT_EQ(failure_of(""), "empty string");
  EXPECT_EQ(failure_of("1q"), "bad suffix 'q'");
  EXPECT_EQ(failure_of("1.q"), "bad suffix 'q'");
  EXPECT_EQ(failure_of("-1K"), "size can't be negative \"-1\"");
  EXPECT_EQ(failure_of("-1"), "size can't be negative \"-1\"");
  EXPECT_EQ(failure_of("1i"), "bad suffix '1'");
  EXPECT_EQ(failure_of("1iB"), "bad suffix '1'");
  EXPECT_EQ(failure_of("1bi"), "bad suffix 'b'");
  EXPECT_EQ(failure_of("i"), "bad suffix 'i'");
  EXPECT_EQ(failure_of("\xc3\xa9"), "bad suffix '\xc2\xa9'");
  EXPECT_EQ(failure_of("1MB"), R"(strconv.ParseFloat: parsing "1M": invalid syntax)");
  EXPECT_EQ(failure_of("1kIb"), R"(strconv.ParseFloat: parsing "1kI": invalid syntax)");
  EXPECT_EQ(failure_of("kib"), R"(strconv.ParseFloat: parsing "": invalid syntax)");
  EXPECT_EQ(failure_of("iB"), R"(strconv.ParseFloat: parsing "i": invalid syntax)");
  EXPECT_EQ(failure_of("1e999k"), R"(strconv.ParseFloat: parsing "1e999": value out of range)");
}

TEST(size_text, has_three_decimals_unless_integral) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(102), "102");
  EXPECT_EQ(format_size(1023), "1023");
  EXPECT_EQ(format_size(1024), "1Ki");
  EXPECT_EQ(format_size(1025), "1.001Ki");
  EXPECT_EQ(format_size(1536 * 1024), "1.500Mi");
  EXPECT_EQ(format_size(1048473), "1023.899Ki");
  EXPECT_EQ(format_size(std::int64_t{10} << 30), "10Gi");
  EXPECT_EQ(format_size(10844792422), "10.100Gi");
  EXPECT_EQ(format_size(std::int64_t{1} << 40), "1Ti");
  EXPECT_EQ(format_size(std::int64_t{1023} << 50), "1023Pi");
  EXPECT_EQ(format_size(std::int64_t{1} << 60), "1Ei");
}

TEST(size_text, is_off_when_negative) {
  EXPECT_EQ(format_size(-1), "off");
  EXPECT_EQ(format_size(INT64_MIN), "off");
}

} // namespace
} // namespace argosy
