#include "core/option_flags.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

std::string option_of(std::string_view flag) {
  const auto* info = main_flag(flag);
  return info == nullptr ? "" : info->flat_name;
}

TEST(main_flag, has_the_name_of_its_option_or_another_one) {
  EXPECT_EQ(option_of("transfers"), "transfers");
  EXPECT_EQ(option_of("multi-thread-streams"), "multi_thread_streams");
  EXPECT_EQ(option_of("header"), "headers");
  EXPECT_EQ(option_of("bind"), "bind_addr");
  EXPECT_EQ(option_of("disable"), "disable");
  EXPECT_EQ(option_of("metadata-set"), "metadata_set");
  for (const char* none :
       {"nosuch", "", "headers", "bind-addr", "delete-mode", "traffic-class", "multi-thread-set"})
    EXPECT_EQ(main_flag(none), nullptr) << none;
}

TEST(set_from_flag, what_is_dumped_adds_up) {
  main_options options;
  EXPECT_TRUE(is_switch("dump-headers"));
  EXPECT_TRUE(set_from_flag(options, "dump-headers", "true"));
  EXPECT_TRUE(set_from_flag(options, "dump-bodies", "true"));
  EXPECT_EQ(options.dump, dump_headers | dump_bodies);
  EXPECT_TRUE(set_from_flag(options, "dump", "auth,filters"));
  EXPECT_EQ(options.dump, dump_auth | dump_filters);
}

TEST(traffic_class, is_a_number_or_a_name) {
  const struct {
    const char* text;
    std::int64_t value;
  } rows[] = {
      {"0", 0},     {"46", 184},  {"63", 252},  {"EF", 184},   {"ef", 184}, {"CS0", 0}, {"CS1", 32},
      {"CS7", 224}, {"AF11", 40}, {"AF21", 72}, {"AF43", 152}, {"LE", 4},   {"DF", 0},  {"VA", 176},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_traffic_class(row.text), row.value) << row.text;
  main_options options;
  EXPECT_TRUE(set_from_flag(options, "dscp", "AF21"));
  EXPECT_EQ(options.traffic_class, 72);
  for (const char* bad : {"", "64", "-1", "CS8", "AF10", "AF14", "AF51", "zz", "CS", "1x"}) {
    try {
      parse_traffic_class(bad);
      ADD_FAILURE() << bad;
    } catch (const failure& f) {
      EXPECT_EQ(f.what(), std::string{"Invalid DSCP name: "} + bad);
    }
  }
}

} // namespace
} // namespace argosy
