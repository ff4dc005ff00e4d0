#include "core/call_options.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;

TEST(take_option_overrides, leaves_the_parameters_of_the_command) {
  json parameters = {{"srcFs", "a"},
                     {"_config", {{"Transfers", 2}}},
                     {"_filter", "{}"},
                     {"_group", "g"},
                     {"checkers", "3"},
                     {"include", {"x"}},
                     {"filter", {{"MinSize", 1}}},
                     {"main", 1}};
  EXPECT_NE(take_option_overrides(parameters), "");
  EXPECT_EQ(parameters, (json{{"srcFs", "a"}, {"_group", "g"}, {"filter", {{"MinSize", 1}}}, {"main", 1}}))
      << "an object is never a flat option";
}

TEST(changes_option, looks_at_flat_and_nested_names) {
  const auto& transfers = *main_option_table().find("transfers");
  const auto changes = [&](json parameters) {
    return changes_option(take_option_overrides(parameters), transfers);
  };
  EXPECT_TRUE(changes({{"transfers", "2"}}));
  EXPECT_TRUE(changes({{"_config", {{"Transfers", 2}}}}));
  EXPECT_TRUE(changes({{"_config", {{"TRANSFERS", 2}}}}));
  EXPECT_TRUE(changes({{"_config", "{\"transfers\": 2}"}}));
  EXPECT_FALSE(changes({{"_config", {{"Transfers", nullptr}}}}));
  EXPECT_FALSE(changes({{"_config", {{"Checkers", 2}}}, {"checkers", 1}}));
  EXPECT_FALSE(changes({{"_filter", {{"Transfers", 2}}}}));
  EXPECT_FALSE(changes({{"_config", "no JSON"}}));
  EXPECT_FALSE(changes(json::object()));
}

TEST(take_option_overrides, gives_nothing_when_there_is_nothing) {
  json parameters = {{"srcFs", "a"}};
  EXPECT_EQ(take_option_overrides(parameters), "");
  json none;
  EXPECT_EQ(take_option_overrides(none), "");
}

TEST(apply_option_overrides, changes_both_blocks_and_nested_values_win) {
  json parameters = {{"_config", {{"transfers", 2}, {"Suffix", "\xff"}}},
                     {"_filter", "{\"MaxSize\":5}"},
                     {"transfers", "9"},
                     {"checkers", 3.0},
                     {"include", json::array({"x", "y"})},
                     {"max_size", "1M"},
                     {"min_size", 1.0},
                     {"dry_run", true}};
  const auto text = take_option_overrides(parameters);
  main_options options;
  filter_options filters;
  options.suffix = ".old";
  filters.exclude = {"kept"};
  apply_option_overrides(text, options, filters);
  EXPECT_EQ(options.transfers, 2);
  EXPECT_EQ(options.checkers, 3);
  EXPECT_EQ(options.suffix, "\xef\xbf\xbd") << "texts travel as UTF-8";
  EXPECT_TRUE(options.dry_run);
  EXPECT_EQ(filters.max_size, 5);
  EXPECT_EQ(filters.min_size, 1024);
  EXPECT_THAT(filters.include, ElementsAre("x", "y"));
  EXPECT_THAT(filters.exclude, ElementsAre("kept"));
}

TEST(apply_option_overrides, the_empty_text_changes_nothing) {
  main_options options;
  filter_options filters;
  apply_option_overrides("", options, filters);
  EXPECT_EQ(to_json(options), to_json(main_options{}));
  EXPECT_EQ(to_json(filters), to_json(filter_options{}));
}

TEST(apply_option_overrides, tells_bad_shapes_from_bad_flat_values) {
  const struct {
    json parameters;
    failure_kind kind;
    const char* text;
  } rows[] = {
      {{{"_config", {{"Transfers", "x"}}}},
       failure_kind::bad_parameter,
       "key \"_config\": Reshape failed to Unmarshal: json: cannot unmarshal string into Go struct field "
       "ConfigInfo.Transfers of type int"},
      {{{"_filter", "x"}},
       failure_kind::bad_parameter,
       "key \"_filter\": invalid character 'x' looking for beginning of value"},
      {{{"_config", 5.0}, {"_filter", 5.0}},
       failure_kind::bad_parameter,
       "key \"_config\": Reshape failed to Unmarshal: json: cannot unmarshal number into Go value of type "
       "fs.ConfigInfo"},
      {{{"transfers", "x"}},
       failure_kind::other,
       "couldn't parse config item \"transfers\" = \"x\" as int: parsing \"x\" as int failed: expected "
       "integer"},
      {{{"include", nullptr}},
       failure_kind::other,
       "interpreting <nil> as string failed: don't know how to convert this"},
  };
  for (const auto& row : rows) {
    auto parameters = row.parameters;
    const auto text = take_option_overrides(parameters);
    main_options options;
    filter_options filters;
    try {
      apply_option_overrides(text, options, filters);
      ADD_FAILURE() << row.parameters;
    } catch (const failure& f) {
      EXPECT_EQ(f.kind(), row.kind);
      EXPECT_STREQ(f.what(), row.text);
    }
  }
}

TEST(apply_option_overrides, refuses_a_text_that_is_none) {
  main_options options;
  filter_options filters;
  EXPECT_THROW(apply_option_overrides("nonsense", options, filters), failure);
}

TEST(call_options, parameters_and_options_come_together_again) {
  json parameters{{"srcFs", "a"}, {"transfers", 2}, {"_config", {{"Checkers", 3}}}};
  const auto all = parameters;

  const auto overrides = take_option_overrides(parameters);

  EXPECT_EQ(json::parse(with_options(parameters, overrides)), all);
  EXPECT_EQ(with_options(json::object(), ""), "{}");
  EXPECT_EQ(with_options(nullptr, ""), "{}");
}

} // namespace
} // namespace argosy
