#include "actors/cluster/hello.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using ::testing::HasSubstr;

hello sample() {
  hello one;
  one.name = "eu1";
  one.version = "1.2.3";
  one.incarnation = ~std::uint64_t{0} - 6;
  one.caf_node = "ABC#12";
  one.address = "[::1]:5580";
  one.number = 7;
  one.started = 1'700'000'000'123'456'789;
  one.others = {{"eu2", "10.0.0.2:5580", 8}};
  one.exports = {"/data:rw", "/more:ro"};
  return one;
}

std::string error_of(const std::string& text) {
  try {
    hello_from(text);
    return "";
  } catch (const failure& f) {
    return f.what();
  }
}

TEST(hello_test, comes_back_from_its_text_as_it_was) {
  const auto one = sample();

  const auto back = answer_from(to_text(answer{reception::busy, "why", one}));

  EXPECT_EQ(back.decision, reception::busy);
  EXPECT_EQ(back.reason, "why");
  EXPECT_EQ(back.from.incarnation, one.incarnation);
  EXPECT_EQ(back.from.started, one.started);
  EXPECT_EQ(back.from.number, 7u);
  ASSERT_EQ(back.from.others.size(), 1u);
  EXPECT_EQ(back.from.others[0].address, "10.0.0.2:5580");
  EXPECT_EQ(back.from.exports, one.exports);
  EXPECT_EQ(to_text(hello_from(to_text(one))), to_text(one));
}

TEST(hello_test, members_that_a_later_version_adds_are_skipped) {
  auto text = to_text(sample());
  text.insert(1, "\"colour\": [1, {\"x\": null}], ");

  EXPECT_EQ(hello_from(text).name, "eu1");
}

TEST(hello_test, what_is_no_hello_is_an_error_and_nothing_worse) {
  for (const std::string text : {"", "{", "[]", "null", "17", "{}", "{\"name\": 3}", "\xff\xfe"})
    EXPECT_THAT(error_of(text), HasSubstr("nothing sensible")) << text;
}

TEST(hello_test, wrong_names_numbers_and_addresses_are_errors) {
  auto one = sample();
  one.name = "a b";
  EXPECT_THAT(error_of(to_text(one)), HasSubstr("is no name of a node"));
  one = sample();
  one.number = 100;
  EXPECT_THAT(error_of(to_text(one)), HasSubstr("no number of a node"));
  one = sample();
  one.others[0].address = "nowhere";
  EXPECT_THAT(error_of(to_text(one)), HasSubstr("is no address"));
}

TEST(address_test, host_and_port_are_told_apart) {
  EXPECT_EQ(split_address("10.0.0.1:5580").host, "10.0.0.1");
  EXPECT_EQ(split_address("[::1]:5580").host, "::1");
  EXPECT_EQ(split_address("eu1.example:0").port, 0);
  EXPECT_EQ(join_address("::1", 5), "[::1]:5");
  EXPECT_EQ(reachable_address("[::]:5580", "fe80::1"), "[fe80::1]:5580");
}

TEST(address_test, what_is_none_is_refused) {
  for (const auto* text :
       {"", "eu1", ":5580", "eu1:", "eu1:x", "eu1:65536", "eu1:123456", "::1:5580", "[]:1"})
    EXPECT_THROW(split_address(text), failure) << text;
}

} // namespace
} // namespace argosy
