#include "core/options.hpp"

#include <gmock/gmock.h>
#include <set>

#include "core/duration.hpp"
#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::int64_t second = 1000000000;

/// The error text of `_config`, without what stands in front of all of them.
std::string override_error(const json& config) {
  main_options options;
  try {
    apply_overrides(options, config);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::bad_parameter);
    const std::string text = f.what();
    const std::string common = "key \"_config\": ";
    EXPECT_EQ(text.substr(0, common.size()), common);
    const std::string reshape = "Reshape failed to Unmarshal: ";
    if (config.is_string()) return text.substr(common.size());
    EXPECT_EQ(text.substr(common.size(), reshape.size()), reshape);
    return text.substr(common.size() + reshape.size());
  }
  return "no error";
}

std::string flat_error(const char* name, const json& value) {
  main_options options;
  try {
    apply_flat(options, name, value);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other);
    return f.what();
  }
  return "no error";
}

main_options with(const json& config) {
  main_options options;
  apply_overrides(options, config);
  return options;
}

main_options with_text(const char* name, const char* text) {
  main_options options;
  set_from_text(options, name, text);
  return options;
}

TEST(main_options, there_are_110_fields_of_which_101_are_described) {
  std::set<std::string> go_names;
  std::set<std::string> flat_names;
  std::size_t declared = 0;
  for (const auto& row : main_option_table().rows()) {
    go_names.insert(row.info.go_name);
    flat_names.insert(row.info.flat_name);
    if (row.info.declared) ++declared;
    EXPECT_STRNE(row.info.help, "") << row.info.flat_name;
    EXPECT_STRNE(row.info.groups, "") << row.info.flat_name;
  }
  EXPECT_EQ(go_names.size(), 110u);
  EXPECT_EQ(flat_names.size(), 110u);
  EXPECT_EQ(declared, 101u);
}

TEST(main_options, every_field_leads_to_a_member_of_its_own) {
  std::set<const void*> places;
  main_options options;
  for (const auto& row : main_option_table().rows()) {
    std::visit([&](auto* place) { places.insert(place); }, row.refer(options));
  }
  EXPECT_EQ(places.size(), 110u);
}

TEST(main_options, defaults_are_those_of_rclone) {
  const auto shown = to_json(main_options{});
  const json expected = {
      {"LogLevel", "NOTICE"},
      {"StatsLogLevel", "INFO"},
      {"DryRun", false},
      {"ModifyWindow", 1},
      {"Checkers", 8},
      {"Transfers", 4},
      {"ConnectTimeout", 60 * second},
      {"Timeout", 300 * second},
      {"ExpectContinueTimeout", second},
      {"DeleteMode", 3},
      {"MaxDelete", -1},
      {"MaxDeleteSize", -1},
      {"TrackRenamesStrategy", "hash"},
      {"Retries", 3},
      {"LowLevelRetries", 10},
      {"MaxDepth", -1},
      {"DataRateUnit", "bytes"},
      {"ListCutoff", 1000000},
      {"BufferSize", 16777216},
      {"BwLimit", ""},
      {"TPSLimit", 0.0},
      {"TPSLimitBurst", 1},
      {"BindAddr", ""},
      {"StreamingUploadCutoff", 102400},
      {"StatsFileNameLength", 45},
      {"AskPassword", true},
      {"MaxTransfer", -1},
      {"MaxDuration", 0},
      {"CutoffMode", "HARD"},
      {"MaxBacklog", 10000},
      {"MaxStatsGroups", 1000},
      {"MaxBufferMemory", -1},
      {"MultiThreadCutoff", 268435456},
      {"MultiThreadStreams", 4},
      {"MultiThreadChunkSize", 67108864},
      {"MultiThreadWriteBufferSize", 131072},
      {"FsCacheExpireDuration", 300 * second},
      {"FsCacheExpireInterval", 60 * second},
      {"KvLockTime", second},
      {"TerminalColorMode", "AUTO"},
      {"DefaultTime", "2000-01-01T00:00:00Z"},
      {"PartialSuffix", ".partial"},
      {"Dump", ""},
      {"CompareDest", json::array()},
      {"DisableFeatures", nullptr},
      {"Headers", nullptr},
      {"MetadataSet", nullptr},
      {"UserAgent", "rclone/v1.76.0"},
  };
  for (const auto& [key, value] : expected.items()) EXPECT_EQ(shown.at(key), value) << key;
  EXPECT_EQ(shown.size(), 110u);
}

TEST(main_options, are_written_in_the_order_of_rclone) {
  std::string text;
  json_writer out{text};
  main_option_table().write(out, main_options{});
  EXPECT_LT(text.find("\"LogLevel\""), text.find("\"DryRun\""));
  EXPECT_LT(text.find("\"Checkers\""), text.find("\"BufferSize\""));
  EXPECT_EQ(parse_json(text), parse_json(render_json(to_json(main_options{}))));
}

TEST(apply_overrides, takes_go_names_in_any_case_and_ignores_unknown_keys) {
  const auto options = with({{"transfers", 3},
                             {"CHECKSUM", true},
                             {"BufferSize", "1M"},
                             {"nothing", json::array({1})},
                             {"MaxDepth", 2.0}});
  EXPECT_EQ(options.transfers, 3);
  EXPECT_TRUE(options.checksum);
  EXPECT_EQ(options.buffer_size, 1 << 20);
  EXPECT_EQ(options.max_depth, 2);
  EXPECT_EQ(options.checkers, 8);
}

TEST(apply_overrides, sizes_and_durations_are_numbers_or_texts) {
  EXPECT_EQ(with({{"BufferSize", 1}}).buffer_size, 1);
  EXPECT_EQ(with({{"BufferSize", "1"}}).buffer_size, 1024);
  EXPECT_EQ(with({{"BufferSize", "1.5k"}}).buffer_size, 1536);
  EXPECT_EQ(with({{"MaxTransfer", "off"}}).max_transfer, -1);
  EXPECT_EQ(with({{"Timeout", 5}}).timeout, 5);
  EXPECT_EQ(with({{"Timeout", "5"}}).timeout, 5 * second);
  EXPECT_EQ(with({{"Timeout", "1h2m"}}).timeout, 3720 * second);
  EXPECT_EQ(with({{"MaxDuration", "off"}}).max_duration, duration_off);
}

TEST(apply_overrides, enumerations_are_names_in_any_case_or_numbers) {
  EXPECT_EQ(with({{"CutoffMode", "soft"}}).cutoff_mode, cutoff_soft);
  EXPECT_EQ(with({{"CutoffMode", 2}}).cutoff_mode, cutoff_cautious);
  EXPECT_EQ(with({{"LogLevel", "Debug"}}).log_level, static_cast<std::int64_t>(log_level::debug));
  EXPECT_EQ(with({{"DeleteMode", 1}}).delete_mode, delete_mode_before);
  EXPECT_EQ(with({{"Dump", "bodies, auth"}}).dump, dump_bodies | dump_auth);
  EXPECT_EQ(with({{"Dump", 3}}).dump, dump_headers | dump_bodies);
  EXPECT_EQ(to_json(with({{"Dump", 3}})).at("Dump"), "headers,bodies");
}

TEST(apply_overrides, reads_every_other_shape) {
  EXPECT_THAT(with({{"CompareDest", {"a", "b,c"}}}).compare_dest, ElementsAre("a", "b,c"));
  EXPECT_THAT(with({{"CompareDest", {"a", nullptr}}}).compare_dest, ElementsAre("a", ""));
  EXPECT_THAT(with({{"PasswordCommand", {"a", "b c"}}}).password_command, ElementsAre("a", "b c"));
  EXPECT_EQ(to_json(with({})).at("PasswordCommand"), nullptr);
  EXPECT_THAT(with({{"Headers", {{{"Key", "a"}, {"value", "b"}, {"x", 1}}, nullptr}}}).headers,
              ElementsAre(http_header{"a", "b"}));
  EXPECT_THAT(with({{"MetadataSet", {{"a", "b"}, {"c", nullptr}}}}).metadata_set,
              ElementsAre(Pair("a", "b"), Pair("c", "")));
  EXPECT_EQ(with({{"BindAddr", "::1"}}).bind_addr, "::1");
  EXPECT_EQ(with({{"TPSLimit", 1.5}}).tpslimit, 1.5);
  EXPECT_EQ(with({{"TrafficClass", 255}}).traffic_class, 255);
  EXPECT_EQ(with({{"DefaultTime", "2020-02-03T04:05:06.5Z"}}).default_time / 1000000000, 1580702706);
  EXPECT_EQ(with({{"BwLimit", "1M:100k"}}).bwlimit.at(0), (bandwidth_pair{1 << 20, 100 << 10}));
}

TEST(options, refuse_a_time_beyond_nanoseconds) {
  for (const char* text : {"4002-02-03T04:05:06Z", "1000-01-01T00:00:00Z", "300y", "-300y"}) {
    main_options options;
    try {
      assign(options, {{"DefaultTime", text}});
      ADD_FAILURE() << text;
    } catch (const failure& f) {
      EXPECT_THAT(f.what(), ::testing::HasSubstr("not between the years 1677 and 2262")) << text;
    }
  }
}

TEST(apply_overrides, null_leaves_the_value) {
  for (const auto& row : main_option_table().rows()) {
    EXPECT_EQ(to_json(with({{row.info.go_name, nullptr}})), to_json(main_options{})) << row.info.go_name;
  }
  EXPECT_EQ(to_json(with(nullptr)), to_json(main_options{}));
}

TEST(apply_overrides, what_is_shown_can_be_applied_again) {
  main_options options = with({{"BwLimit", "08:00,512 Mon-12:00,10M:1M"},
                               {"Dump", "auth"},
                               {"CutoffMode", 1},
                               {"Suffix", "<é>"},
                               {"Headers", {{{"Key", "a"}, {"Value", "b"}}}},
                               {"MetadataSet", {{"k", "v"}}},
                               {"DefaultTime", "2020-01-02T03:04:05.678Z"}});
  EXPECT_EQ(to_json(with(to_json(options))), to_json(options));
  EXPECT_EQ(to_json(with(json(render_json(to_json(options))))), to_json(options)) << "as a text";
}

TEST(apply_overrides, a_timetable_is_shown_slot_by_slot) {
  EXPECT_EQ(to_json(with({{"BwLimit", "1M"}})).at("BwLimit"), "1Mi");
  EXPECT_EQ(to_json(with({{"BwLimit", "Mon-00:00,512 Sun-20:05,1M:off"}})).at("BwLimit"),
            "Sun-20:05,1Mi:off Mon-00:00,512Ki");
}

TEST(apply_overrides, transfers_and_checkers_are_at_least_one) {
  const auto options = with({{"Transfers", 0}, {"Checkers", -5}});
  EXPECT_EQ(options.transfers, 1);
  EXPECT_EQ(options.checkers, 1);
}

TEST(apply_overrides, a_string_holds_the_object) {
  EXPECT_EQ(with(R"({"transfers":2} )").transfers, 2);
  EXPECT_EQ(with("null").transfers, 4);
  EXPECT_EQ(override_error(R"({"Transfers":"x"})"),
            "json: cannot unmarshal string into Go struct field ConfigInfo.Transfers of type int");
  EXPECT_EQ(override_error("[1]"), "json: cannot unmarshal array into Go value of type fs.ConfigInfo");
  EXPECT_EQ(override_error(""), "unexpected end of JSON input");
  EXPECT_EQ(override_error("{\"a\":"), "unexpected end of JSON input");
  EXPECT_EQ(override_error("{\"Transfers\":1} trailing"), "invalid character 't' after top-level value");
  EXPECT_EQ(override_error("nope"), "invalid character 'o' in literal null (expecting 'u')");
}

TEST(apply_overrides, reports_wrong_shapes_as_encoding_json_does) {
  const struct {
    json config;
    const char* text;
  } rows[] = {
      {{{"Transfers", "x"}}, "string into Go struct field ConfigInfo.Transfers of type int"},
      {{{"transfers", 1.5}}, "number 1.5 into Go struct field ConfigInfo.Transfers of type int"},
      {{{"Transfers", 1e30}}, "number 1e+30 into Go struct field ConfigInfo.Transfers of type int"},
      {{{"Transfers", true}}, "bool into Go struct field ConfigInfo.Transfers of type int"},
      {{{"Transfers", json::array({1})}}, "array into Go struct field ConfigInfo.Transfers of type int"},
      {{{"DryRun", 1}}, "number into Go struct field ConfigInfo.DryRun of type bool"},
      {{{"DryRun", "true"}}, "string into Go struct field ConfigInfo.DryRun of type bool"},
      {{{"BufferSize", 1.5}}, "number 1.5 into Go struct field ConfigInfo.BufferSize of type int64"},
      {{{"BufferSize", true}}, "bool into Go struct field ConfigInfo.BufferSize of type int64"},
      {{{"BufferSize", json::object()}}, "object into Go struct field ConfigInfo.BufferSize of type int64"},
      {{{"Timeout", json::array()}}, "array into Go struct field ConfigInfo.Timeout of type int64"},
      {{{"Suffix", 5}}, "number into Go struct field ConfigInfo.Suffix of type string"},
      {{{"CompareDest", "x"}}, "string into Go struct field ConfigInfo.CompareDest of type []string"},
      {{{"CompareDest", json::array({1})}},
       "number into Go struct field ConfigInfo.CompareDest of type string"},
      {{{"BwLimit", json::array()}}, "array into Go struct field ConfigInfo.BwLimit of type string"},
      {{{"TPSLimit", "x"}}, "string into Go struct field ConfigInfo.TPSLimit of type float64"},
      {{{"DeleteMode", "x"}}, "string into Go struct field ConfigInfo.DeleteMode of type fs.DeleteMode"},
      {{{"DeleteMode", 999}}, "number 999 into Go struct field ConfigInfo.DeleteMode of type fs.DeleteMode"},
      {{{"CutoffMode", 1.5}}, "number 1.5 into Go struct field ConfigInfo.CutoffMode of type int64"},
      {{{"UploadHeaders", {{{"Key", 1}}}}},
       "number into Go struct field HTTPOption.UploadHeaders.Key of type string"},
      {{{"UploadHeaders", "x"}},
       "string into Go struct field ConfigInfo.UploadHeaders of type []*fs.HTTPOption"},
      {{{"BindAddr", 5}}, "number into Go struct field ConfigInfo.BindAddr of type net.IP"},
      {{{"PasswordCommand", "x"}},
       "string into Go struct field ConfigInfo.PasswordCommand of type fs.SpaceSepList"},
      {{{"TrafficClass", 300}}, "number 300 into Go struct field ConfigInfo.TrafficClass of type uint8"},
      {{{"MetadataSet", {{"a", 1}}}}, "number into Go struct field ConfigInfo.MetadataSet of type string"},
      {{{"MetadataSet", json::array()}},
       "array into Go struct field ConfigInfo.MetadataSet of type fs.Metadata"},
      {{{"MaxDelete", 1e19}},
       "number 10000000000000000000 into Go struct field ConfigInfo.MaxDelete of type int64"},
      {{{"Transfers", "x"}, {"DryRun", 5}}, "number into Go struct field ConfigInfo.DryRun of type bool"},
      {json::array({1}), "array into Go value of type fs.ConfigInfo"},
      {5.0, "number into Go value of type fs.ConfigInfo"},
      {true, "bool into Go value of type fs.ConfigInfo"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(override_error(row.config), std::string{"json: cannot unmarshal "} + row.text);
}

TEST(apply_overrides, reports_bad_texts_with_the_reason_alone) {
  EXPECT_EQ(override_error({{"BufferSize", "3q"}}), "bad suffix 'q'");
  EXPECT_EQ(override_error({{"BufferSize", ""}}), "empty string");
  EXPECT_EQ(override_error({{"CutoffMode", "x"}}), "invalid choice \"x\" from: HARD, SOFT, CAUTIOUS");
  EXPECT_EQ(override_error({{"CutoffMode", 7}}), "7 is out of range: must be 0..3");
  EXPECT_EQ(override_error({{"BindAddr", "x"}}), "invalid IP address: x");
  EXPECT_EQ(override_error({{"Dump", "bodies,x"}}),
            "invalid choice \"x\" from: headers, bodies, requests, responses, auth, filters, goroutines, "
            "openfiles, mapper");
  EXPECT_EQ(override_error({{"BufferSize", "3q"}, {"AskPassword", 1}}), "bad suffix 'q'")
      << "a bad text ends the walk, a wrong type does not";
}

TEST(assign, says_what_failed_and_keeps_what_came_before) {
  main_options options;
  try {
    assign(options, {{"MaxDepth", 7}, {"Transfers", "x"}, {"UpdateOlder", true}});
    ADD_FAILURE();
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other);
    EXPECT_STREQ(f.what(), "Reshape failed to Unmarshal: json: cannot unmarshal string into Go struct field "
                           "ConfigInfo.Transfers of type int");
  }
  EXPECT_EQ(options.max_depth, 7);
  EXPECT_EQ(options.transfers, 4);
  EXPECT_TRUE(options.update) << "a wrong type does not end the walk";
}

TEST(apply_flat, takes_texts_and_what_can_be_made_one) {
  main_options options;
  EXPECT_TRUE(apply_flat(options, "transfers", "7"));
  EXPECT_TRUE(apply_flat(options, "checkers", 9.0));
  EXPECT_TRUE(apply_flat(options, "max_backlog", 1000000.0));
  EXPECT_TRUE(apply_flat(options, "dry_run", true));
  EXPECT_TRUE(apply_flat(options, "checksum", "1"));
  EXPECT_TRUE(apply_flat(options, "size_only", 1.0));
  EXPECT_TRUE(apply_flat(options, "timeout", 5.0));
  EXPECT_TRUE(apply_flat(options, "buffer_size", 3.0));
  EXPECT_TRUE(apply_flat(options, "suffix", 1.5));
  EXPECT_TRUE(apply_flat(options, "tpslimit", 2.5));
  EXPECT_TRUE(apply_flat(options, "cutoff_mode", "cautious"));
  EXPECT_TRUE(apply_flat(options, "compare_dest", json::array({"a,b", 1.0, true})));
  EXPECT_TRUE(apply_flat(options, "copy_dest", "a,\"b,c\""));
  EXPECT_TRUE(apply_flat(options, "password_command", "x \"y z\""));
  EXPECT_EQ(options.transfers, 7);
  EXPECT_EQ(options.checkers, 9);
  EXPECT_EQ(options.max_backlog, 1000000);
  EXPECT_TRUE(options.dry_run && options.checksum && options.size_only);
  EXPECT_EQ(options.timeout, 5 * second) << "a flat number is read as a text";
  EXPECT_EQ(options.buffer_size, 3072) << "a flat number is read as a text";
  EXPECT_EQ(options.suffix, "1.5");
  EXPECT_EQ(options.tpslimit, 2.5);
  EXPECT_EQ(options.cutoff_mode, cutoff_cautious);
  EXPECT_THAT(options.compare_dest, ElementsAre("a,b", "1", "true"));
  EXPECT_THAT(options.copy_dest, ElementsAre("a", "b,c"));
  EXPECT_THAT(options.password_command, ElementsAre("x", "y z"));
}

TEST(apply_flat, does_not_consume_objects_and_other_names) {
  main_options options;
  EXPECT_FALSE(apply_flat(options, "transfers", json::object()));
  EXPECT_FALSE(apply_flat(options, "Transfers", 1));
  EXPECT_FALSE(apply_flat(options, "srcFs", "x"));
  EXPECT_EQ(to_json(options), to_json(main_options{}));
}

TEST(apply_flat, clamps_and_treats_the_empty_text_as_unset) {
  main_options options;
  apply_flat(options, "transfers", "0");
  apply_flat(options, "checkers", "");
  EXPECT_EQ(options.transfers, 1);
  EXPECT_EQ(options.checkers, 8);
  options.suffix = "x";
  options.copy_dest = {"y"};
  apply_flat(options, "suffix", "");
  apply_flat(options, "copy_dest", "");
  EXPECT_EQ(options.suffix, "");
  EXPECT_THAT(options.copy_dest, IsEmpty());
}

TEST(apply_flat, says_which_item_is_bad) {
  EXPECT_EQ(flat_error("transfers", "x"), "couldn't parse config item \"transfers\" = \"x\" as int: parsing "
                                          "\"x\" as int failed: expected integer");
  EXPECT_EQ(flat_error("transfers", 1.5), "couldn't parse config item \"transfers\" = \"1.5\" as int: "
                                          "parsing \"1.5\" as int failed: expected newline");
  EXPECT_EQ(flat_error("dry_run", "yes"),
            "couldn't parse config item \"dry_run\" = \"yes\" as bool: parsing \"yes\" as bool failed: "
            "strconv.ParseBool: parsing \"yes\": invalid syntax");
  EXPECT_EQ(flat_error("buffer_size", "3q"),
            "couldn't parse config item \"buffer_size\" = \"3q\" as fs.SizeSuffix: parsing \"3q\" as "
            "fs.SizeSuffix failed: bad suffix 'q'");
  EXPECT_EQ(flat_error("compare_dest", "a\"b"), "couldn't parse config item \"compare_dest\" = \"a\\\"b\" as "
                                                "[]string: parsing \"a\\\"b\" as []string failed: "
                                                "bare \" in non-quoted field");
  EXPECT_EQ(flat_error("transfers", nullptr),
            "interpreting <nil> as string failed: don't know how to convert this");
  EXPECT_EQ(flat_error("compare_dest", json::array({nullptr})),
            "interpreting []interface {} as string failed: interpreting <nil> as string failed: don't know "
            "how to convert this");
  EXPECT_EQ(
      flat_error("traffic_class", "300"),
      "couldn't parse config item \"traffic_class\" = \"300\" as uint8: parsing \"300\" as uint8 failed: "
      "unsigned integer overflow on token 300");
}

TEST(set_from_text, integers_may_have_a_base) {
  EXPECT_EQ(with_text("max_backlog", "0x10").max_backlog, 16);
  EXPECT_EQ(with_text("max_backlog", "0b101").max_backlog, 5);
  EXPECT_EQ(with_text("max_backlog", "0o17").max_backlog, 15);
  EXPECT_EQ(with_text("max_backlog", "017").max_backlog, 15);
  EXPECT_EQ(with_text("max_backlog", " +1_000 ").max_backlog, 1000);
  EXPECT_EQ(with_text("max_backlog", "0").max_backlog, 0);
  EXPECT_EQ(with_text("max_depth", "-1").max_depth, -1);
  for (const char* bad : {"x", "5x", "1.5", "0x", "-", "99999999999999999999", "08"})
    EXPECT_THROW(with_text("max_backlog", bad), failure) << bad;
}

TEST(set_from_text, reads_lists_as_comma_separated_values) {
  EXPECT_THAT(with_text("headers", "A: b,\"C: d,e\"").headers,
              ElementsAre(http_header{"A", "b"}, http_header{"C", "d,e"}));
  EXPECT_THAT(with_text("metadata_set", "a=b,c=").metadata_set, ElementsAre(Pair("a", "b"), Pair("c", "")));
  EXPECT_THAT(with_text("ca_cert", "a,,\"b\"\"c\"").ca_cert, ElementsAre("a", "", "b\"c"));
  EXPECT_THROW(with_text("ca_cert", "\"a"), failure);
  EXPECT_THROW(with_text("ca_cert", "\"a\"b"), failure);
}

TEST(set_from_text, refuses_unknown_names) {
  main_options options;
  EXPECT_THROW(set_from_text(options, "nosuch", "x"), failure);
}

TEST(set_from_flag, lists_grow_and_other_values_are_replaced) {
  main_options options;
  EXPECT_TRUE(set_from_flag(options, "compare-dest", "a,b"));
  EXPECT_TRUE(set_from_flag(options, "compare-dest", "c"));
  EXPECT_TRUE(set_from_flag(options, "header", "Key: value: x"));
  EXPECT_TRUE(set_from_flag(options, "header", "B:c"));
  EXPECT_TRUE(set_from_flag(options, "metadata-set", "k=v=w"));
  EXPECT_TRUE(set_from_flag(options, "bind", "127.0.0.1"));
  EXPECT_TRUE(set_from_flag(options, "max-depth", "3"));
  EXPECT_TRUE(set_from_flag(options, "max-depth", "4"));
  EXPECT_THAT(options.compare_dest, ElementsAre("a,b", "c"));
  EXPECT_THAT(options.headers, ElementsAre(http_header{"Key", "value: x"}, http_header{"B", "c"}));
  EXPECT_THAT(options.metadata_set, ElementsAre(Pair("k", "v=w")));
  EXPECT_EQ(options.bind_addr, "127.0.0.1");
  EXPECT_EQ(options.max_depth, 4);
  EXPECT_FALSE(set_from_flag(options, "nosuch", "x"));
  EXPECT_THROW(set_from_flag(options, "header", "no colon"), failure);
  EXPECT_THROW(set_from_flag(options, "metadata-set", "x"), failure);
}

TEST(set_from_flag, delete_flags_choose_the_mode) {
  main_options options;
  EXPECT_TRUE(set_from_flag(options, "delete-before", "true"));
  EXPECT_EQ(options.delete_mode, delete_mode_before);
  EXPECT_TRUE(set_from_flag(options, "delete-during", "false"));
  EXPECT_EQ(options.delete_mode, delete_mode_before);
  EXPECT_THROW(set_from_flag(options, "delete-during", "perhaps"), failure);
}

TEST(set_from_flag, choosing_the_streams_is_remembered) {
  main_options options;
  EXPECT_TRUE(set_from_flag(options, "multi-thread-streams", "2"));
  EXPECT_TRUE(options.multi_thread_set);
}

TEST(is_switch, tells_flags_that_need_no_value) {
  EXPECT_TRUE(is_switch("dry-run"));
  EXPECT_TRUE(is_switch("delete-before"));
  EXPECT_FALSE(is_switch("transfers"));
  EXPECT_FALSE(is_switch("header"));
  EXPECT_FALSE(is_switch("nosuch"));
}

TEST(set_from_environment, takes_every_option_that_is_there) {
  main_options options;
  main_option_table().set_from_environment(options, {{"RCLONE_TRANSFERS", "9"},
                                                     {"RCLONE_COMPARE_DEST", "a,b"},
                                                     {"RCLONE_UPDATE", "true"},
                                                     {"RCLONE_CONFIG", "x"}});
  EXPECT_EQ(options.transfers, 9);
  EXPECT_THAT(options.compare_dest, ElementsAre("a", "b"));
  EXPECT_TRUE(options.update);
  try {
    main_option_table().set_from_environment(options, {{"RCLONE_MAX_DEPTH", "x"}});
    ADD_FAILURE();
  } catch (const failure& f) {
    EXPECT_STREQ(f.what(),
                 "Invalid value when setting --max-depth from environment variable RCLONE_MAX_DEPTH=\"x\": "
                 "parsing \"x\" as int failed: expected integer");
  }
}

TEST(main_option_table, every_value_survives_its_own_text) {
  const auto options = with({{"BwLimit", "08:00,512 Mon-12:00,10M:1M"},
                             {"Dump", 17},
                             {"CutoffMode", 1},
                             {"CompareDest", {"a,b", " c", "d\"e"}},
                             {"PasswordCommand", {"x y", "z"}},
                             {"Headers", {{{"Key", "a"}, {"Value", "b,c"}}}},
                             {"MetadataSet", {{"k", "v"}}},
                             {"Timeout", "90m"},
                             {"MaxTransfer", "10Gi"},
                             {"DeleteMode", 1},
                             {"BindAddr", "10.0.0.1"},
                             {"TPSLimit", 0.5}});
  main_options again;
  for (const auto& row : main_option_table().rows()) {
    set_from_text(again, row.info.flat_name,
                  main_option_table().to_text(options, row.info.flat_name).value());
  }
  EXPECT_EQ(to_json(again), to_json(options));
  EXPECT_EQ(main_option_table().to_text(options, "nosuch"), std::nullopt);
}

TEST(main_option_table, info_describes_each_declared_option) {
  std::string text;
  json_writer out{text};
  main_option_table().write_info(out, with({{"Transfers", 9}}));
  const auto list = parse_json(text);
  ASSERT_EQ(list.size(), 101u);
  const auto find = [&](const char* name) {
    for (const auto& item : list) {
      if (item.at("Name") == name) return item;
    }
    return json{};
  };
  const auto transfers = find("transfers");
  EXPECT_EQ(transfers.at("FieldName"), "Transfers");
  EXPECT_EQ(transfers.at("Default"), 4.0);
  EXPECT_EQ(transfers.at("Value"), 9.0);
  EXPECT_EQ(transfers.at("DefaultStr"), "4");
  EXPECT_EQ(transfers.at("ValueStr"), "9");
  EXPECT_EQ(transfers.at("Type"), "int");
  EXPECT_EQ(find("checkers").at("Value"), nullptr);
  EXPECT_EQ(find("dry_run").at("ShortOpt"), "n");
  EXPECT_EQ(find("buffer_size").at("DefaultStr"), "16Mi");
  EXPECT_EQ(find("cutoff_mode").at("Type"), "HARD|SOFT|CAUTIOUS");
  EXPECT_EQ(find("cutoff_mode").at("Examples").size(), 3u);
  EXPECT_EQ(find("delete_mode"), nullptr);
}

TEST(settle, keeps_lower_limits_and_dependent_defaults) {
  main_options options;
  options.transfers = options.checkers = options.retries = options.low_level_retries = 0;
  options.stats_unit = "furlongs";
  options.dump = dump_auth;
  options.dry_run = true;
  settle(options);
  EXPECT_EQ(options.transfers, 1);
  EXPECT_EQ(options.checkers, 1);
  EXPECT_EQ(options.retries, 1);
  EXPECT_EQ(options.low_level_retries, 1);
  EXPECT_EQ(options.stats_unit, "bytes");
  EXPECT_EQ(options.log_level, static_cast<std::int64_t>(log_level::debug));
  EXPECT_EQ(options.stats_log_level, static_cast<std::int64_t>(log_level::notice));
}

TEST(settle, refuses_what_excludes_each_other) {
  main_options both;
  both.compare_dest = {"a"};
  both.copy_dest = {"b"};
  EXPECT_THROW(settle(both), failure);
  main_options suffix;
  suffix.partial_suffix = ".much-too-long-a-suffix";
  EXPECT_THROW(settle(suffix), failure);
}

} // namespace
} // namespace argosy
