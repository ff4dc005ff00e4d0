#include "core/filter.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t second = 1000000000;
constexpr std::int64_t present = 1700000000 * second;

using files = std::map<std::string, std::string>;

filter::file_reader reading(files content) {
  return [content = std::move(content)](const std::string& path) {
    const auto found = content.find(path);
    if (found == content.end()) fail(failure_kind::other, "open " + path + ": no such file or directory");
    return found->second;
  };
}

filter_options options_of(const json& object) {
  filter_options options;
  apply_overrides(options, object);
  return options;
}

filter make(const json& object, const files& content = {}) {
  return {options_of(object), present, reading(content)};
}

bool includes(const filter& f, const char* path, std::int64_t size = 1, std::int64_t modified = present) {
  return f.includes_file(path, size, modified);
}

std::string error_of(const json& object, const files& content = {}) {
  try {
    make(object, content);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other) << f.what();
    return f.what();
  }
  return "no error";
}

std::string override_error(const json& object) {
  try {
    options_of(object);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::bad_parameter);
    return f.what();
  }
  return "no error";
}

std::vector<std::string> passing(const filter& f, const std::vector<const char*>& paths) {
  std::vector<std::string> out;
  for (const char* path : paths) {
    if (includes(f, path)) out.emplace_back(path);
  }
  return out;
}

const std::vector<const char*> tree = {
    "file1.jpg",   "file2.png", "file3.jpg",      "FILE4.JPG",       "a/one.jpg",         "a/one.png",
    "a/b/two.jpg", "sausage1",  "sausage2potato", "sausage3/potato", "sausage3/sub/deep", "potato",
    "dir/x",       "dir/y.txt", "dir/sub/z.txt",  ".hidden",         "d.d/.dot",          "unicorn"};

TEST(filter, without_rules_everything_passes) {
  for (const filter& f :
       {filter{}, make(json::object()), make({{"DeleteExcluded", true}, {"IgnoreCase", true}})}) {
    EXPECT_FALSE(f.active());
    EXPECT_TRUE(includes(f, "x", -1, 0));
    EXPECT_TRUE(f.includes_name(""));
    EXPECT_TRUE(f.includes_directory("x"));
    EXPECT_FALSE(f.is_marker("x"));
    EXPECT_FALSE(f.has_markers() || f.needs_times() || f.needs_metadata());
    EXPECT_EQ(f.listed_files(), nullptr);
  }
  EXPECT_TRUE(make({{"DeleteExcluded", true}}).deletes_excluded());
}

TEST(filter, the_first_rule_that_matches_decides) {
  const auto f = make({{"FilterRule",
                        {"+ cleared", "!", "- /file1.jpg", "+ /file2.png", "+ /*.jpg", "- /*.png",
                         "- /potato", "+ /sausage1", "+ /sausage2*", "+ /sausage3**", "+ /a/*.jpg", "- *"}}});
  EXPECT_TRUE(f.active());
  for (const char* path :
       {"file2.png", "file3.jpg", "sausage1", "sausage2potato", "sausage3/potato", "a/one.jpg"})
    EXPECT_TRUE(includes(f, path)) << path;
  for (const char* path : {"cleared", "file1.jpg", "FILE2.png", "afile2.png", "file4.png", "potato",
                           "sausage1/potato", "sausage2/potato", "a/one.png", "unicorn"}) {
    EXPECT_FALSE(includes(f, path)) << path;
  }
  for (const char* path : {"", "sausage3", "sausage3/sub", "a"})
    EXPECT_TRUE(f.includes_directory(path)) << path;
  for (const char* path : {"sausage1", "sausage2", "SAUSAGE3", "sausage4"})
    EXPECT_FALSE(f.includes_directory(path)) << path;
}

TEST(filter, includes_exclude_everything_else) {
  EXPECT_THAT(passing(make({{"IncludeRule", {"*.jpg"}}}), tree),
              ElementsAre("file1.jpg", "file3.jpg", "a/one.jpg", "a/b/two.jpg"));
  EXPECT_THAT(passing(make({{"IncludeRule", {"/*.jpg"}}}), tree), ElementsAre("file1.jpg", "file3.jpg"));
  EXPECT_THAT(passing(make({{"IncludeRule", {"/a/*"}}}), tree), ElementsAre("a/one.jpg", "a/one.png"));
  EXPECT_THAT(passing(make({{"IncludeRule", {"a/**"}}}), tree),
              ElementsAre("a/one.jpg", "a/one.png", "a/b/two.jpg"));
  EXPECT_THAT(passing(make({{"IncludeRule", {"sub/"}}}), tree), IsEmpty());
  EXPECT_THAT(passing(make({{"IncludeRule", {"sausage{1,2*,3/**}"}}}), tree),
              ElementsAre("sausage1", "sausage2potato", "sausage3/potato", "sausage3/sub/deep"));
  EXPECT_THAT(passing(make({{"IncludeRule", {"file*.jpg"}}, {"IgnoreCase", true}}), tree),
              ElementsAre("file1.jpg", "file3.jpg", "FILE4.JPG"));
}

TEST(filter, rules_are_kept_in_the_order_of_their_kinds) {
  // include before exclude before filter, whatever the request says; the exclusion of everything else comes
  // last.
  const auto f =
      make({{"FilterRule", {"- *.jpg", "+ *.png"}}, {"ExcludeRule", {"/a/**"}}, {"IncludeRule", {"*.jpg"}}});
  EXPECT_THAT(passing(f, tree),
              ElementsAre("file1.jpg", "file2.png", "file3.jpg", "a/one.jpg", "a/b/two.jpg"));
}

TEST(filter, directories_are_entered_when_they_can_hold_included_files) {
  const struct {
    const char* include;
    std::vector<const char*> entered;
    std::vector<const char*> left_out;
  } rows[] = {
      {"potato", {"x", "x/y"}, {}},
      {"/*.jpg", {}, {"x"}},
      {"/a/b/*.jpg", {"a", "a/b"}, {"a/c", "b", "x/a"}},
      {"a/b/c/d", {"a", "x/a", "a/b", "a/b/c", "x/a/b"}, {"x", "b"}},
      {"potato/", {"potato", "x/potato"}, {"x"}},
      {"a**b", {"a", "ax", "ax/y", "x/ab"}, {"x", "b"}},
      {"{a/b,c}", {"anything"}, {}},
      {"{{a/.*}}", {"anything"}, {}},
  };
  for (const auto& row : rows) {
    const auto f = make({{"IncludeRule", {row.include}}});
    EXPECT_TRUE(f.includes_directory(""));
    for (const char* path : row.entered)
      EXPECT_TRUE(f.includes_directory(path)) << row.include << " " << path;
    for (const char* path : row.left_out)
      EXPECT_FALSE(f.includes_directory(path)) << row.include << " " << path;
  }
}

TEST(filter, excluded_patterns_leave_directories_alone_unless_they_are_meant) {
  const auto entered = [](const char* exclude, const char* path) {
    return make({{"ExcludeRule", {exclude}}}).includes_directory(path);
  };
  EXPECT_TRUE(entered("potato", "potato"));
  EXPECT_TRUE(entered("dir/*", "dir"));
  EXPECT_FALSE(entered("dir/**", "dir"));
  EXPECT_FALSE(entered("potato/", "potato"));
  EXPECT_FALSE(entered("potato/", "x/potato"));
  EXPECT_FALSE(entered("potato/", "potato/x"));
  EXPECT_TRUE(entered("potato/", "potatoes"));
  EXPECT_FALSE(entered("*", "x"));
  EXPECT_FALSE(entered("**", "x"));
  EXPECT_FALSE(entered(".*{,/**}", ".git"));
  EXPECT_TRUE(entered("*", "")) << "the root";
  EXPECT_FALSE(includes(make({{"ExcludeRule", {"potato/"}}}), "potato/x"));
  EXPECT_TRUE(includes(make({{"ExcludeRule", {"potato/"}}}), "potato"));
  EXPECT_FALSE(includes(make({{"ExcludeRule", {".*{,/**}"}}}), ".hidden"));
  EXPECT_FALSE(includes(make({{"ExcludeRule", {".*{,/**}"}}}), "a/.git/x"));
}

TEST(filter, rules_come_from_files_without_blanks_and_comments) {
  const files content = {{"inc", "# comment\n\n  *.jpg  \r\n; another\nsausage1"},
                         {"exc", "*.jpg\n#*.png\n/dir/\n"},
                         {"fil", "+ /a/*.jpg\n- /a/**\n# x\n+ *.png\n- *.jpg\n"},
                         {"clear", "- *\n!\n- *.jpg\n"}};
  EXPECT_THAT(passing(make({{"IncludeFrom", {"inc"}}}, content), tree),
              ElementsAre("file1.jpg", "file3.jpg", "a/one.jpg", "a/b/two.jpg", "sausage1"));
  EXPECT_THAT(passing(make({{"IncludeFrom", {"inc"}}, {"IncludeRule", {"unicorn"}}}, content), tree),
              ElementsAre("file1.jpg", "file3.jpg", "a/one.jpg", "a/b/two.jpg", "sausage1", "unicorn"));
  EXPECT_FALSE(includes(make({{"ExcludeFrom", {"exc"}}}, content), "dir/x"));
  EXPECT_TRUE(includes(make({{"ExcludeFrom", {"exc"}}}, content), "file2.png"));
  EXPECT_FALSE(includes(make({{"FilterFrom", {"fil"}}}, content), "a/one.png"));
  EXPECT_TRUE(includes(make({{"FilterFrom", {"fil"}}}, content), "a/one.jpg"));
  EXPECT_TRUE(includes(make({{"FilterFrom", {"clear"}}}, content), "x"));
  EXPECT_EQ(error_of({{"IncludeFrom", {"none"}}}), "open none: no such file or directory");
  EXPECT_EQ(error_of({{"FilterFrom", {"inc"}}}, content), "malformed rule \"*.jpg\"");
  EXPECT_TRUE(make({{"IncludeFrom", {"empty"}}}, {{"empty", ""}}).active())
      << "an empty list includes nothing";
  EXPECT_FALSE(includes(make({{"IncludeFrom", {"empty"}}}, {{"empty", ""}}), "x"));
}

TEST(filter, a_list_of_files_alone_decides) {
  const files content = {{"list", "# these\nfile1.jpg\n/a/one.png/\n  dir/sub/z.txt  \nmissing.bin\n"},
                         {"list2", "potato\r\n"},
                         {"raw", "#odd\n unicorn\npotato\n"},
                         {"nul", std::string{"a\nb\0 c\0", 7}},
                         {"empty", ""}};
  const auto f = make({{"FilesFrom", {"list"}}}, content);
  EXPECT_THAT(passing(f, tree), ElementsAre("file1.jpg", "a/one.png", "dir/sub/z.txt"));
  EXPECT_THAT(*f.listed_files(), ElementsAre("a/one.png", "dir/sub/z.txt", "file1.jpg", "missing.bin"));
  for (const char* path : {"", "a", "dir", "dir/sub"}) EXPECT_TRUE(f.includes_directory(path)) << path;
  for (const char* path : {"sausage3", "dir/sub/z.txt", "a/b"})
    EXPECT_FALSE(f.includes_directory(path)) << path;
  EXPECT_TRUE(f.includes_file("file1.jpg", -1, 0));
  EXPECT_FALSE(f.needs_times());
  EXPECT_THAT(*make({{"FilesFrom", {"list2"}}, {"FilesFromRaw", {"raw"}}, {"FilesFrom0", {"nul"}}}, content)
                   .listed_files(),
              ElementsAre(" c", " unicorn", "#odd", "a\nb", "potato"));
  const auto nothing = make({{"FilesFrom", {"empty"}}}, content);
  EXPECT_TRUE(nothing.active());
  EXPECT_FALSE(includes(nothing, "x"));
  EXPECT_EQ(error_of({{"FilesFrom", {"none"}}}), "open none: no such file or directory");
}

TEST(filter, a_list_of_files_stands_alone) {
  const std::string start = "the usage of --files-from";
  const std::string end = " overrides all other filters, it should be used alone or with --files-from";
  for (const json& other : {json{{"ExcludeRule", {"x"}}}, json{{"MinSize", 1}}, json{{"MaxSize", 1}},
                            json{{"MinAge", 1}}, json{{"MaxAge", 1}}, json{{"ExcludeFile", {"a"}}},
                            json{{"HashFilter", "1/2"}}, json{{"MetaRules", {{"ExcludeRule", {"a=b"}}}}}}) {
    for (const auto& [key, suffix, rest] : {std::tuple{"FilesFrom", "", "-raw or --files-from0"},
                                            std::tuple{"FilesFromRaw", "-raw", " or --files-from0"},
                                            std::tuple{"FilesFrom0", "0", " or --files-from-raw"}}) {
      auto options = other;
      options[key] = {"list"};
      EXPECT_EQ(error_of(options, {{"list", ""}}), start + suffix + end + rest) << options;
    }
  }
}

TEST(filter, sizes_include_their_bounds) {
  EXPECT_TRUE(includes(make({{"MinSize", 10}}), "x", 10));
  EXPECT_FALSE(includes(make({{"MinSize", 10}}), "x", 9));
  EXPECT_TRUE(includes(make({{"MaxSize", "1k"}}), "x", 1024));
  EXPECT_FALSE(includes(make({{"MaxSize", "1k"}}), "x", 1025));
  EXPECT_FALSE(includes(make({{"MaxSize", 0}}), "x", 1));
  EXPECT_TRUE(includes(make({{"MaxSize", 0}}), "x", 0));
  EXPECT_FALSE(includes(make({{"MinSize", 0}}), "x", -1)) << "an unknown size is too small";
  EXPECT_TRUE(includes(make({{"MaxSize", 0}}), "x", -1)) << "an unknown size is never too large";
  EXPECT_FALSE(make({{"MaxSize", "off"}}).active());
}

TEST(filter, ages_include_their_bounds) {
  const auto young = make({{"MaxAge", "1h"}});
  EXPECT_TRUE(includes(young, "x", 1, present - 3600 * second));
  EXPECT_FALSE(includes(young, "x", 1, present - 3600 * second - 1));
  EXPECT_TRUE(young.needs_times());
  const auto old = make({{"MinAge", 3600 * second}});
  EXPECT_TRUE(includes(old, "x", 1, present - 3600 * second));
  EXPECT_FALSE(includes(old, "x", 1, present - 3600 * second + 1));
  EXPECT_FALSE(make({{"MaxAge", "off"}}).active());
  EXPECT_TRUE(includes(make({{"MinAge", "1h"}, {"MaxAge", "1h"}}), "x", 1, present - 3600 * second));
  EXPECT_EQ(error_of({{"MinAge", "2h"}, {"MaxAge", "1d"}}), "no error");
  EXPECT_EQ(error_of({{"MinAge", "2d"}, {"MaxAge", "90m"}}),
            "filter: --min-age \"2d\" can't be larger than --max-age \"1h30m0s\"");
  EXPECT_TRUE(includes(make({{"MaxAge", INT64_MAX - 1}}), "x", 1, 0));
  EXPECT_FALSE(includes(make({{"MaxAge", INT64_MIN}}), "x", 1, present)) << "does not overflow";
}

TEST(filter, markers_are_names_of_files) {
  const auto f = make({{"ExcludeFile", {".ignore", "potato"}}});
  EXPECT_TRUE(f.active() && f.has_markers());
  EXPECT_TRUE(f.is_marker("potato"));
  EXPECT_FALSE(f.is_marker("Potato"));
  EXPECT_TRUE(f.includes_directory("x"));
  EXPECT_TRUE(includes(f, "potato"));
}

TEST(filter, parts_by_hash_share_out_all_names) {
  std::vector<filter> parts;
  for (const char* part : {"0/3", "1/3", "5/3"}) parts.push_back(make({{"HashFilter", part}}));
  std::size_t counts[3] = {};
  for (int i = 0; i < 300; ++i) {
    int holders = 0;
    for (std::size_t p = 0; p < 3; ++p) {
      if (!parts[p].includes_name("file" + std::to_string(i))) continue;
      ++holders;
      ++counts[p];
    }
    EXPECT_EQ(holders, 1);
  }
  for (const auto count : counts) EXPECT_GT(count, 60u);
}

TEST(filter, the_hash_is_the_beginning_of_md5) {
  // MD5("hello") begins 5d 41 40 2a bc 4b 2a 76: read from its low end 0x762a4bbc2a40415d, which is 13
  // modulo 16.
  EXPECT_TRUE(make({{"HashFilter", "13/16"}}).includes_name("hello"));
  EXPECT_TRUE(make({{"HashFilter", "8514701317032132957/18446744073709551615"}}).includes_name("HELLO"))
      << "in any case";
  EXPECT_FALSE(make({{"HashFilter", "12/16"}}).includes_name("hello"));
  for (const char* part : {"0/7", "1/7", "2/7", "3/7", "4/7", "5/7", "6/7"}) {
    const auto f = make({{"HashFilter", part}});
    EXPECT_EQ(f.includes_name("caf\xc3\xa9"), f.includes_name("CAFE\xcc\x81")) << "in any Unicode form";
  }
  EXPECT_TRUE(make({{"HashFilter", "@/1"}}).includes_name("anything"));
}

TEST(filter, refuses_bad_parts) {
  EXPECT_EQ(error_of({{"HashFilter", "5"}}), "filter: --hash-filter: no / found");
  EXPECT_EQ(error_of({{"HashFilter", "1/x"}}),
            "filter: --hash-filter: can't parse N=\"x\": strconv.ParseUint: parsing \"x\": invalid syntax");
  EXPECT_EQ(error_of({{"HashFilter", "x/2"}}),
            "filter: --hash-filter: can't parse K=\"x\": strconv.ParseUint: parsing \"x\": invalid syntax");
  EXPECT_EQ(error_of({{"HashFilter", "1/"}}),
            "filter: --hash-filter: can't parse N=\"\": strconv.ParseUint: parsing \"\": invalid syntax");
  EXPECT_EQ(error_of({{"HashFilter", "1/99999999999999999999"}}),
            "filter: --hash-filter: can't parse N=\"99999999999999999999\": strconv.ParseUint: parsing "
            "\"99999999999999999999\": value out of range");
  EXPECT_EQ(error_of({{"HashFilter", "1/0"}}), "filter: --hash-filter: N must be greater than 0");
}

TEST(filter, metadata_rules_see_pairs) {
  const auto decide = [](const json& rules, const filter::metadata& data) {
    const auto f = make({{"MetaRules", rules}});
    EXPECT_TRUE(f.needs_metadata());
    return f.includes_file("x", 1, present, &data);
  };
  EXPECT_TRUE(decide({{"IncludeRule", {"mode=*4"}}}, {{"mode", "0644"}, {"uid", "1"}}));
  EXPECT_FALSE(decide({{"IncludeRule", {"mode=*4"}}}, {{"mode", "0600"}}));
  EXPECT_FALSE(decide({{"ExcludeRule", {"path=*x"}}}, {{"path", "/a/b/x"}})) << "a star crosses slashes";
  EXPECT_TRUE(decide({{"ExcludeRule", {"path=*x"}}}, {{"path", "y"}}));
  EXPECT_FALSE(decide({{"FilterRule", {"- a=1", "+ b=2"}}}, {{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(decide({{"FilterRule", {"+ b=2", "- a=1"}}}, {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(decide({{"IncludeRule", {"a=b"}}}, {})) << "a file without metadata falls under the rest";
  EXPECT_FALSE(make({{"MetaRules", {{"IncludeRule", {"a=b"}}}}}).includes_file("x", 1, present));
  EXPECT_TRUE(decide({{"ExcludeRule", {"a=b"}}}, {}));
  EXPECT_EQ(error_of({{"MetaRules", {{"IncludeRule", {"a=**"}}}}}), "too many stars in \"a=**\"");
}

TEST(filter, names_that_are_not_utf8_are_matched_byte_by_byte) {
  EXPECT_TRUE(includes(make({{"IncludeRule", {"inv?x"}}}), "inv\xffx"));
  EXPECT_FALSE(includes(make({{"ExcludeRule", {"/d?/"}}}), "d\xff/x"));
  EXPECT_FALSE(make({{"ExcludeRule", {"/d?/"}}}).includes_directory("d\xff"));
}

TEST(filter, refuses_bad_rules) {
  for (const char* rule : {"bad rule", "", "+no", "* x", "!x", "! ", "-"}) {
    EXPECT_EQ(error_of({{"FilterRule", {rule}}}), "malformed rule \"" + std::string{rule} + "\"");
  }
  EXPECT_EQ(error_of({{"ExcludeRule", {"[a"}}}), "mismatched '[' and ']' in glob \"[a\"");
  EXPECT_EQ(error_of({{"IncludeRule", {"["}}}), "mismatched '[' and ']' in glob \"[\"");
  EXPECT_EQ(error_of({{"FilterRule", {"+ "}}}), "no error");
}

TEST(filter_options, there_are_23_flat_names) {
  EXPECT_EQ(filter_option_table().rows().size(), 23u);
  std::set<const void*> places;
  filter_options options;
  for (const auto& row : filter_option_table().rows()) {
    std::visit([&](auto* place) { places.insert(place); }, row.refer(options));
    EXPECT_NE(filter_option_table().find(row.info.flat_name), nullptr);
  }
  EXPECT_EQ(places.size(), 23u);
}

TEST(filter_options, are_shown_with_their_nested_rules) {
  const auto options = options_of({{"includerule", {"a"}},
                                   {"METARULES", {{"excluderule", {"b"}}, {"nothing", 1}}},
                                   {"MinSize", "1"},
                                   {"MaxSize", 1},
                                   {"MinAge", "1h"}});
  const json rules = {{"FilterRule", json::array()},  {"FilterFrom", json::array()},
                      {"ExcludeRule", {"b"}},         {"ExcludeFrom", json::array()},
                      {"IncludeRule", json::array()}, {"IncludeFrom", json::array()}};
  const json expected = {{"DeleteExcluded", false},
                         {"FilterRule", json::array()},
                         {"FilterFrom", json::array()},
                         {"ExcludeRule", json::array()},
                         {"ExcludeFrom", json::array()},
                         {"IncludeRule", {"a"}},
                         {"IncludeFrom", json::array()},
                         {"ExcludeFile", json::array()},
                         {"FilesFrom", json::array()},
                         {"FilesFromRaw", json::array()},
                         {"FilesFrom0", json::array()},
                         {"MetaRules", rules},
                         {"MinAge", 3600 * second},
                         {"MaxAge", INT64_MAX},
                         {"MinSize", 1024},
                         {"MaxSize", 1},
                         {"IgnoreCase", false},
                         {"HashFilter", ""}};
  EXPECT_EQ(to_json(options), expected);
  EXPECT_EQ(to_json(options_of(to_json(options))), expected);
  std::string text;
  json_writer out{text};
  filter_option_table().write(out, options);
  EXPECT_EQ(parse_json(text), parse_json(render_json(expected)));
  EXPECT_LT(text.find("\"FilesFrom0\""), text.find("\"MetaRules\""));
  EXPECT_LT(text.find("\"MetaRules\""), text.find("\"MinAge\""));
}

TEST(filter_options, overrides_replace_lists) {
  auto options = options_of({{"IncludeRule", {"a", "b"}}, {"ExcludeFile", {"x"}}});
  apply_overrides(options, {{"IncludeRule", {"c"}}});
  EXPECT_THAT(options.include, ElementsAre("c"));
  EXPECT_THAT(options.exclude_if_present, ElementsAre("x"));
}

TEST(filter_options, report_wrong_shapes_as_encoding_json_does) {
  const std::string start = "key \"_filter\": Reshape failed to Unmarshal: ";
  const std::string json_start = start + "json: cannot unmarshal ";
  EXPECT_EQ(override_error({{"MinSize", json::object()}}),
            json_start + "object into Go struct field Options.MinSize of type int64");
  EXPECT_EQ(override_error({{"IncludeRule", "notalist"}}),
            json_start + "string into Go struct field Options.IncludeRule of type []string");
  EXPECT_EQ(override_error({{"IncludeRule", json::array({1})}}),
            json_start + "number into Go struct field Options.IncludeRule of type string");
  EXPECT_EQ(override_error({{"MetaRules", {{"IncludeRule", "x"}}}}),
            json_start + "string into Go struct field RulesOpt.MetaRules.IncludeRule of type []string");
  EXPECT_EQ(override_error({{"MetaRules", 5.0}}),
            json_start + "number into Go struct field Options.MetaRules of type filter.RulesOpt");
  EXPECT_EQ(override_error({{"IgnoreCase", 1}}),
            json_start + "number into Go struct field Options.IgnoreCase of type bool");
  EXPECT_EQ(override_error(json::array({1})), json_start + "array into Go value of type filter.Options");
  EXPECT_EQ(override_error({{"MinSize", "x"}}), start + "bad suffix 'x'");
  EXPECT_EQ(override_error({{"MaxAge", "never"}}).substr(0, start.size()), start);
  EXPECT_EQ(override_error("x"), "key \"_filter\": invalid character 'x' looking for beginning of value");
}

TEST(filter_options, flat_names_take_lists_and_comma_separated_texts) {
  filter_options options;
  EXPECT_TRUE(apply_flat(options, "include", "a,b"));
  EXPECT_TRUE(apply_flat(options, "exclude", json::array({"c,d"})));
  EXPECT_TRUE(apply_flat(options, "metadata_filter", "+ x=y"));
  EXPECT_TRUE(apply_flat(options, "max_size", "off"));
  EXPECT_TRUE(apply_flat(options, "min_size", 1.0));
  EXPECT_FALSE(apply_flat(options, "filter", json::object()));
  EXPECT_FALSE(apply_flat(options, "transfers", 1));
  EXPECT_THAT(options.include, ElementsAre("a", "b"));
  EXPECT_THAT(options.exclude, ElementsAre("c,d"));
  EXPECT_THAT(options.metadata_filter, ElementsAre("+ x=y"));
  EXPECT_EQ(options.max_size, -1);
  EXPECT_EQ(options.min_size, 1024);
  set_from_text(options, "max_age", "off");
  EXPECT_EQ(options.max_age, duration_off);
  EXPECT_THROW(set_from_text(options, "nosuch", "x"), failure);
}

} // namespace
} // namespace argosy
