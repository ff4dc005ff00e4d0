#include "http/rc/config_questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy::rc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

storage_option option(std::string name, std::string type, std::string default_text) {
  storage_option o;
  o.name = std::move(name);
  o.type = std::move(type);
  o.default_text = std::move(default_text);
  return o;
}

struct config_questions : testing::Test {
  storage_type type;
  std::map<std::string, std::string> file;
  remote_setup setup;

  config_questions() {
    type.name = "vault";
    type.description = "A storage";
    auto extra = option("chunk", "SizeSuffix", "8Mi");
    extra.advanced = true;
    type.options = {option("where", "string", ""), option("sealed", "bool", "true"), extra};
    setup.get = [this](const std::string& key) -> std::optional<std::string> {
      const auto found = file.find(key);
      return found == file.end() ? std::nullopt : std::optional{found->second};
    };
    setup.set = [this](const std::string& key, const std::string& value) { file[key] = value; };
  }

  setup_step go(const std::string& state, const std::string& result = {}) {
    return go_on(type, setup, state, result);
  }
  std::string error_of(const std::string& state) {
    try {
      go(state);
    } catch (const failure& f) {
      return f.what();
    }
    return "none";
  }
};

TEST_F(config_questions, without_a_state_there_is_nothing_to_ask) {
  const auto step = go("");
  EXPECT_EQ(step.state, "");
  EXPECT_FALSE(step.option);
  EXPECT_EQ(go("potato").state, "");
}

TEST_F(config_questions, all_asks_for_one_plain_option_after_the_other_then_for_the_advanced_ones) {
  auto step = go("*all");
  EXPECT_EQ(step.state, "*all-set,0,false");
  EXPECT_EQ(step.option->at("Name"), "where");
  step = go(step.state, "/here");
  EXPECT_EQ(step.state, "*all-set,1,false");
  EXPECT_EQ(step.option->at("Name"), "sealed");
  EXPECT_EQ(step.option->at("Default"), true);
  step = go(step.state, "true");
  EXPECT_EQ(step.state, "*all-advanced");
  EXPECT_EQ(step.option->at("Name"), "config_fs_advanced");
  EXPECT_EQ(step.option->at("Exclusive"), true);
  step = go(step.state, "true");
  EXPECT_EQ(step.state, "*all-set,2,true");
  EXPECT_EQ(step.option->at("Name"), "chunk");
  EXPECT_EQ(step.option->at("Default"), 8 << 20);
  step = go(step.state, "16Mi");
  EXPECT_EQ(step.state, "*all-set,3,true");
  EXPECT_EQ(step.option->at("Name"), "description");
  EXPECT_EQ(go(step.state, "").state, "");
  // The default of `sealed` and the empty description are not written.
  EXPECT_THAT(file, ElementsAre(Pair("chunk", "16Mi"), Pair("where", "/here")));
}

TEST_F(config_questions, nobody_is_asked_for_a_hidden_option) {
  auto hidden = option("trace", "bool", "false");
  hidden.hide = 2;
  type.options.insert(type.options.begin(), hidden);
  EXPECT_EQ(go("*all").option->at("Name"), "where");
}

TEST_F(config_questions, no_to_the_advanced_options_ends_it) {
  EXPECT_EQ(go("*all-advanced", "false").state, "");
  EXPECT_THAT(file, IsEmpty());
}

TEST_F(config_questions, what_the_call_gave_is_not_asked_for) {
  setup.answers = {{"where", "/x"}, {"config_fs_advanced", "false"}};
  const auto step = go("*all");
  EXPECT_EQ(step.option->at("Name"), "sealed");
  EXPECT_EQ(go(step.state, "false").state, "");
  EXPECT_THAT(file, ElementsAre(Pair("sealed", "false"), Pair("where", "/x")));
}

TEST_F(config_questions, answers_to_everything_come_to_an_end) {
  setup.answers = {{"where", "/x"},
                   {"sealed", "true"},
                   {"config_fs_advanced", "true"},
                   {"chunk", "1Mi"},
                   {"description", "d"}};
  EXPECT_EQ(go("*all").state, "");
  EXPECT_EQ(file.at("chunk"), "1Mi");
  EXPECT_EQ(file.at("description"), "d");
}

TEST_F(config_questions, editing_offers_what_is_set_as_the_default) {
  file = {{"where", "/old"}, {"sealed", "false"}};
  setup.editing = true;
  const auto step = go("*all");
  EXPECT_EQ(step.option->at("Default"), "/old");
  EXPECT_EQ(step.option->at("DefaultStr"), "/old");
  EXPECT_EQ(go(step.state, "/old").option->at("Default"), false);
  setup.editing = false;
  EXPECT_EQ(go("*all").option->at("Default"), "");
}

TEST_F(config_questions, options_of_other_providers_are_left_out) {
  type.options[0].provider = "!Some,Other";
  type.options[1].provider = "Some";
  file["provider"] = "Some";
  EXPECT_EQ(go("*all").option->at("Name"), "sealed");
  file["provider"] = "Third";
  const auto step = go("*all");
  EXPECT_EQ(step.option->at("Name"), "where");
  EXPECT_EQ(go(step.state, "").state, "*all-advanced");
  file.erase("provider");
  EXPECT_EQ(go("*all").option->at("Name"), "where");
}

TEST_F(config_questions, states_that_make_no_sense_are_refused_in_rclones_words) {
  EXPECT_EQ(error_of("*foo"), "unknown internal state \"*foo\"");
  EXPECT_EQ(error_of("*all-set,x"),
            "internal error: bad state number: strconv.Atoi: parsing \"x\": invalid syntax");
  EXPECT_EQ(error_of("*all-set,99"), "internal error: option out of range");
  EXPECT_EQ(error_of("*all-set,-1"), "internal error: option out of range");
  EXPECT_EQ(error_of("*all-sot,1"), "internal error: bad state \"*all-sot\"");
}

TEST_F(config_questions, a_provider_is_shown_with_rclones_keys_in_its_order) {
  type.options = {option("size", "SizeSuffix", "1Ki")};
  type.options[0].examples = {{"1Ki", "small"}};
  std::string out;
  json_writer writer{out};
  write_provider(writer, type);
  std::vector<std::string> keys;
  const auto shown = nlohmann::ordered_json::parse(out);
  for (const auto& [key, value] : shown.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("Name", "Description", "Prefix", "Options", "CommandHelp", "Aliases", "Hide",
                                "MetadataInfo", "Overview"));
  keys.clear();
  for (const auto& [key, value] : shown["Options"][0].items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("Name", "FieldName", "Help", "Default", "Value", "Examples", "Hide",
                                "Required", "IsPassword", "NoPrefix", "Advanced", "Exclusive", "Sensitive",
                                "DefaultStr", "ValueStr", "Type"));
  EXPECT_EQ(shown["Options"][0]["Default"], 1024);
  EXPECT_EQ(shown["Options"][0]["DefaultStr"], "1Ki");
  EXPECT_EQ(shown["Options"][1]["Name"], "description");
}

struct default_row {
  const char* type;
  const char* text;
  json shown;
};

TEST_F(config_questions, defaults_have_the_type_of_their_option) {
  for (const auto& row : {default_row{"string", "a", "a"},
                          {"bool", "false", false},
                          {"int", "", 0},
                          {"int", "-3", -3},
                          {"Duration", "1m0s", 60'000'000'000},
                          {"SizeSuffix", "off", -1},
                          {"CommaSepList", "a,b", json::array({"a", "b"})},
                          {"CommaSepList", "", json::array()},
                          {"Tristate", "unset", nullptr},
                          {"Encoding", "Slash,Dot", "Slash,Dot"},
                          {"int", "many", "many"}}) {
    std::string out;
    json_writer writer{out};
    write_option(writer, option("o", row.type, ""), row.text);
    EXPECT_EQ(json::parse(out).at("Default"), row.shown) << row.type << " " << row.text;
  }
}

} // namespace
} // namespace argosy::rc
