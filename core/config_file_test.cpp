#include "core/config_file.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

std::string value_of(const std::string& text, const char* section = "a", const char* key = "k") {
  return config_text::parse(text).get(section, key).value_or("<none>");
}

std::string error_of(const std::string& text) {
  try {
    config_text::parse(text);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other);
    return f.what();
  }
  return "no error";
}

TEST(config_text, reads_values_as_rclone_does) {
  const struct {
    const char *line, *value;
  } rows[] = {
      {"k=v", "v"},
      {"  k\t=\tv  \r", "v"},
      {"k : v = w", "v = w"},
      {"k = v : w", "v : w"},
      {"k==v", "=v"},
      {"k=", ""},
      {"k=v # c", "v # c"},
      {"k = v ; c", "v ; c"},
      {"k=`v`x", "v"},
      {"k=`v`x`", "v`x"},
      {"k=`  kept `  ", "  kept "},
      {"k=``", ""},
      {"k=`", "`"},
      {"k=\"\"\"v", "\"\"\"v"},
      {"k=\"\"\"v\"\"\"", "v"},
      {"k=\"\"\"", "\"\"\""},
      {"k=\"\"\"\"", "\"\"\"\""},
      {"k=\"v", "\"v"},
      {"k=\"v\"", "\"v\""},
      {"k='v'", "'v'"},
      {"k=100%", "100%"},
      {"`k`=v", "v"},
      {"\"k\"x=v", "v"},
      {"k=1\nk=2", "2"},
  };
  for (const auto& row : rows) EXPECT_EQ(value_of(std::string{"[a]\n"} + row.line), row.value) << row.line;
  EXPECT_EQ(value_of("[a]\n\"k=1\"=v", "a", "k=1"), "v");
  EXPECT_EQ(value_of("[a]\n`k:1`=v", "a", "k:1"), "v");
  EXPECT_EQ(value_of("[a]\n\"\"\"k=1\"\"\"=v", "a", "k=1"), "v");
}

TEST(config_text, knows_sections_and_their_order) {
  const auto text = config_text::parse("\xef\xbb\xbfx=0\n  [ a b ]  \nk=1\n[[c]]\n[d]e]\n[ a b ]\nl=2\n");
  EXPECT_THAT(text.sections(), ElementsAre("DEFAULT", "a b", "[c]", "d]e"));
  EXPECT_THAT(text.keys("a b"), ElementsAre("k", "l"));
  EXPECT_THAT(text.keys("A B"), IsEmpty());
  EXPECT_TRUE(text.has_section("[c]"));
  EXPECT_FALSE(text.has_section("c"));
  EXPECT_THAT(config_text::parse("\n\n").sections(), IsEmpty());
}

TEST(config_text, numbers_the_keys_that_are_a_dash) {
  const auto text = config_text::parse("[a]\n-=x\n-=y\n[b]\n-=z\n");
  EXPECT_THAT(text.keys("a"), ElementsAre("#1", "#2"));
  EXPECT_THAT(text.get("b", "#1"), Optional(std::string{"z"}));
  EXPECT_EQ(text.render(), "[a]\n- = x\n- = y\n\n[b]\n- = z\n\n");
}

TEST(config_text, replaces_references) {
  const struct {
    const char *text, *value;
  } rows[] = {
      {"[a]\nk=%(x)s!\nx=val", "val!"},
      {"[a]\nk=%(x)s and %(y)s, %(x)s\nx=1\ny=2", "1 and 2, 1"},
      {"[a]\nk=%(x)s\nx=%(y)s\ny=end", "end"},
      {"[a]\nk=%(none)s!", "!"},
      {"[a]\nk=%(pass)s!\npass=1\npa=2", "2!"},
      {"[a]\nk=%(a b)s\na b=1", "1"},
      {"[a]\nk=%(k)s", "%(k)s"},
      {"[a]\nk=%()s", "%()s"},
      {"[a]\nk=%(x\nx=1", "%(x"},
      {"[a]\nk=%(x)\nx=1", "%(x)"},
      {"[a]\nk=%(x(1))s", "%(x(1))s"},
      {"[a]\nk=50%(off)s sale\noff=1\nof=2", "501 sale"},
      {"[DEFAULT]\nd=def\n[a]\nk=%(d)s!\nd=own", "def!"},
      {"d=def\n[a]\nk=%(d)s", "def"},
      {"[a]\nb=1\n[a.b]\nk=%(b)s", "<none>"},
  };
  for (const auto& row : rows) EXPECT_EQ(value_of(row.text), row.value) << row.text;
  EXPECT_EQ(value_of("[a]\nb=1\n[a.b]\nk=<%(b)s>", "a.b"), "<>") << "references do not look in the parent";
}

TEST(config_text, ends_references_that_grow_without_end) {
  const auto value = value_of("[a]\nk=%(k)s%(k)s");
  EXPECT_LT(value.size(), 4u << 20);
}

TEST(config_text, looks_for_a_missing_key_in_the_parent_section) {
  const auto text = config_text::parse("[a]\nk=1\n[a.b]\nl=2\n[a.b.c]\nm=3\n");
  EXPECT_THAT(text.get("a.b", "k"), Optional(std::string{"1"}));
  EXPECT_THAT(text.get("a.b.c", "k"), Optional(std::string{"1"}));
  EXPECT_EQ(text.get("a.x", "k"), std::nullopt) << "a section that does not exist has no parent";
  EXPECT_EQ(text.get("a", "l"), std::nullopt);
  EXPECT_THAT(text.keys("a.b"), ElementsAre("l"));
}

TEST(config_text, refuses_lines_it_cannot_read) {
  EXPECT_EQ(error_of("[]\n"), "empty section name not allowed");
  EXPECT_EQ(error_of("[ ]\n"), "empty section name not allowed");
  for (const char* line : {"[a", "nodelim", "=v", "\"k1=v", "`k=v", "\"\"\"k=v", "k=`v", "[a] # c", "k\\"}) {
    EXPECT_EQ(error_of(std::string{"[a]\n"} + line), std::string{"could not parse line: "} + line);
  }
}

TEST(config_text, writes_what_rclone_writes) {
  auto text = config_text::parse(
      "# first comment\n\n#second\n[old]\n; about the type\n# more\ntype = memory\n\n# about k\nk=v\n"
      "# orphan\n[other]\ntype=memory\nnounc  =  true\n");
  text.set("added", "type", "memory");
  EXPECT_EQ(text.render(),
            "# first comment\n#second\n[old]\n; about the type\n# more\ntype = memory\n# about k\nk = v\n\n"
            "# orphan\n[other]\ntype = memory\nnounc = true\n\n[added]\ntype = memory\n\n");
  EXPECT_TRUE(text.erase_section("old"));
  EXPECT_FALSE(text.erase_section("old"));
  text.set("other", "type", "alias");
  EXPECT_TRUE(text.erase_key("other", "nounc"));
  EXPECT_FALSE(text.erase_key("other", "nounc"));
  EXPECT_EQ(text.render(), "# orphan\n[other]\ntype = alias\n\n[added]\ntype = memory\n\n");
  EXPECT_EQ(config_text::parse("x=1\n# c\ny=2\n[a]\n").render(), "x = 1\n# c\ny = 2\n\n[a]\n\n");
}

TEST(config_text, keeps_a_comment_at_the_end) {
  EXPECT_EQ(config_text::parse("[a]\nk=1\n# end").render(), "[a]\nk = 1\n\n# end\n");
}

TEST(config_text, plain_values_are_written_without_quotes) {
  for (const char* value : {"plain", "a b", "a`b", "a\"b", "\"q\"", "a=b", "a:b", "#x", ";x", "a#b", "é",
                            "a\\b", "[x]", "'", "x]"}) {
    config_text text;
    text.set("a", "k", value);
    EXPECT_EQ(text.render(), std::string{"[a]\nk = "} + value + "\n\n");
  }
}

TEST(config_text, every_key_and_value_comes_back) {
  const char* values[] = {"",           " lead",     "trail ", "`",  "``", "`a\"b`", "\"\"\"t\"\"\"",
                          "a\"\"\"b`c", " `x\"\"\"", "\t",     "x",  "x]", "\"\"\"", "#x",
                          "[",          "=",         ":",      "`x", "x`"};
  const char* keys[] = {"k",  "k=1", "k:1", "\"k\"", "`k`", "k\"x", "k`x", "#k",   ";k", "[k]",
                        "[k", "-",   "k ",  "=",     "#1",  "#2",   "[",   "k=`1", "``", "\"\"k"};
  for (const char* value : values) {
    config_text text;
    for (const char* key : keys) text.set("a", key, value);
    const auto again = config_text::parse(text.render());
    EXPECT_THAT(again.keys("a"), testing::ElementsAreArray(keys));
    for (const char* key : keys) EXPECT_EQ(again.get("a", key), value) << key << " in " << text.render();
  }
}

TEST(config_text, refuses_line_ends_in_keys_and_values) {
  config_text text;
  EXPECT_THROW(text.set("a", "k\n", "v"), failure);
  EXPECT_THROW(text.set("a", "k", "v\r"), failure);
  EXPECT_THROW(text.set("a\n", "k", "v"), failure);
  EXPECT_EQ(text.render(), "");
}

TEST(config_text, an_empty_section_name_means_the_default_section) {
  config_text text;
  text.set("", "k", "v");
  EXPECT_THAT(text.get("DEFAULT", "k"), Optional(std::string{"v"}));
  EXPECT_THAT(text.get("", "k"), Optional(std::string{"v"}));
  EXPECT_EQ(text.render(), "k = v\n\n");
}

TEST(config_text, an_empty_default_section_leaves_its_comments_alone) {
  EXPECT_EQ(config_text::parse("[DEFAULT]\n; c\n").render(), "; c\n");
  EXPECT_EQ(config_text::parse("# d\n[DEFAULT]\n[a]\nk=1\n").render(), "# d\n[a]\nk = 1\n\n");
}

TEST(config_text, a_name_that_begins_with_a_byte_order_mark_keeps_it) {
  const auto text = config_text::parse("\xef\xbb\xbf\xef\xbb\xbfk = v\n");
  EXPECT_THAT(text.get("", "\xef\xbb\xbfk"), Optional(std::string{"v"}));
  EXPECT_EQ(text.render(), "\xef\xbb\xbf\xef\xbb\xbfk = v\n\n");
}

TEST(config_text, a_value_that_refers_to_itself_often_does_not_fill_the_memory) {
  std::string often;
  for (int i = 0; i < 1000; ++i) often += "%(z)s filling";
  const auto text = config_text::parse("[a]\nz = " + often + "\n");
  EXPECT_LE(text.get("a", "z")->size(), 2U << 20);
}

TEST(config_text, refuses_keys_that_could_not_be_read_back) {
  config_text text;
  EXPECT_THROW(text.set("a", "", "v"), failure);
  EXPECT_THROW(text.set("a", "k=`1\"", "v"), failure);
  EXPECT_EQ(text.render(), "");
}

} // namespace
} // namespace argosy
