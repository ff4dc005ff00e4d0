#include "core/name_transform.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

constexpr nanoseconds moment = 1'234'567'890'123'456'789; // 2009-02-13 23:31:30 UTC

name_transform of(const std::vector<std::string>& steps) {
  return {steps, std::make_shared<const mime_types>(), moment};
}

std::string why_refused(const std::vector<std::string>& steps) {
  try {
    of(steps);
  } catch (const failure& f) {
    return f.what();
  }
  return "";
}

std::string why_failed(const std::vector<std::string>& steps, const std::string& name) {
  try {
    return "became " + of(steps).name(name, false);
  } catch (const failure& f) {
    return f.what();
  }
}

struct row {
  const char* path;
  const char* wanted;
  std::vector<std::string> steps;
};

// Most rows are rclone's (lib/transform/transform_test.go).
TEST(name_transform, changes_paths_as_rclone_does) {
  for (const auto& [path, wanted, steps] : std::vector<row>{
           {"toe/toe/toe", "tictactoe/tictactoe/tictactoe", {"all,prefix=tac", "all,prefix=tic"}},
           {"a/b/c.txt", "a/b/1c.txt", {"file,prefix=1"}},
           {"a/b/c.txt", "a/b/1c.txt", {"prefix=1"}},
           {"a/b/c.txt", "1a/1b/c.txt", {"dir,prefix=1"}},
           {"a/b/c.txt", "1a/1b/1c.txt", {"all,prefix=1"}},
           {"stories/The Quick Brown Fox!.txt", "STORIES/THE QUICK BROWN FOX!.TXT", {"all,uppercase"}},
           {"Stories/\u00c4\u00dc.TXT", "stories/\u00e4\u00fc.txt", {"all,LOWERCASE"}},
           {"a/the \u01c6 fox", "a/THE \u01c5 FOX", {"titlecase"}},
           {"stories/The Quick Brown Fox!.txt",
            "stories/The Slow Brown Turtle!.txt",
            {"all,replace=Fox:Turtle", "all,replace=Quick:Slow"}},
           {"ab", "-a-b-", {"replace=:-"}},
           {"stories/The Quick Brown Fox!.txt",
            "c3Rvcmllcw==/VGhlIFF1aWNrIEJyb3duIEZveCEudHh0",
            {"all,base64encode"}},
           {"c3Rvcmllcw==/VGhlIFF1aWNrIEJyb3duIEZveCEudHh0",
            "stories/The Quick Brown Fox!.txt",
            {"all,base64decode"}},
           {"Cafe\u0301", "Caf\u00e9", {"nfc"}},
           {"Caf\u00e9", "Cafe\u0301", {"nfd"}},
           {"\ufb01n", "fin", {"nfkc"}},
           {"\ufb01\u00e9", "fie\u0301", {"nfkd"}},
           {"stories/The Quick Brown \U0001f98a Fox!.txt",
            "stories/The Quick Brown  Fox!.txt",
            {"all,ascii"}},
           {"stories/The Quick Brown \U0001f98a Fox!.txt",
            "stories/The+Quick+Brown+%F0%9F%A6%8A+Fox%21.txt",
            {"all,url"}},
           {"stories/The Quick Brown Fox!.txt", "stories/The Quick Brown Fox!", {"all,trimsuffix=.txt"}},
           {"OLD_a/OLD_b", "a/b", {"all,trimprefix=OLD_"}},
           {"a.tar.gz", "a-x.tar.gz", {"suffix_keep_extension=-x"}},
           {"a.tar.gz", "a.tar.gz-x", {"suffix=-x"}},
           {"stories/The Quick Brown \U0001f98a Fox Went to the Caf\u00e9!.txt",
            "stories/The Quick Brown _ Fox Went to the Caf_!.txt",
            {"all,charmap=ISO-8859-7"}},
           {"Caf\u00e9 \u20ac\U0001f98a", "Caf\u00e9 __", {"ISO-8859-1"}},
           {"Caf\u00e9 \u20ac\U0001f98a", "Caf\u00e9 \u20ac_", {"Windows-1252"}},
           {"stories/The Quick Brown Fox: A Memoir [draft].txt",
            "stories/The Quick Brown Fox\uff1a A Memoir \uff3bdraft\uff3d.txt",
            {"all,encoder=Colon,SquareBracket"}},
           {"The Fox\uff1a A Memoir", "The Fox: A Memoir", {"decoder=Colon"}},
           {"stories/The Quick Brown \U0001f98a Fox Went to the Caf\u00e9!.txt",
            "stories/The Quick Brown \U0001f98a Fox",
            {"all,truncate=21"}},
           {"x/\u0412\u043e\u0442.txt", "x/\u0412\u043e", {"truncate_bytes=5"}},
           {"x/\u0412\u043e\u0442.txt", "x/\u0412.txt", {"truncate_bytes_keep_extension=7"}},
           {"x/\u0412\u043e\u0442.txt", "x/\u0412\u043e.txt", {"truncate_keep_extension=6"}},
           {"x/\u0412\u043e\u0442.txt", "x/\u0412\u043e\u0442.txt", {"truncate=7"}},
           {"a/name", "a/name-20090213", {"date=-{YYYYMMDD}"}},
           {"a/name", "a/name (2009-02-13 13)", {"date= ({2006-01-02 02})"}},
           {"stories/The Quick Brown Fox!.txt",
            "ababababababab/ababab ababababab ababababab ababab!abababab",
            {"all,regex=[\\.\\w]/ab"}},
           {"2009-02 report", "report 02.2009", {R"(regex=(\d+)-(?P<month>\d+) (\w+)/${3} $month.${1})"}},
           {"baab", "-b-b-", {"regex=a*/-"}},
           {"a", "a", {"none"}},
       }) {
    EXPECT_EQ(of(steps).path(path, false), wanted) << steps.front();
  }
}

TEST(name_transform, of_files_does_not_touch_directories_and_the_other_way_round) {
  EXPECT_EQ(of({"file,prefix=1"}).path("a/b", true), "a/b");
  EXPECT_EQ(of({"dir,prefix=1"}).path("a/b", true), "1a/1b");
  EXPECT_EQ(of({"dir,prefix=1"}).name("a", false), "a");
  EXPECT_EQ(of({"all,prefix=1"}).name("a", true), "1a");
}

TEST(name_transform, without_steps_is_not_active) {
  EXPECT_FALSE(name_transform{}.active());
  EXPECT_FALSE(of({""}).active());
  EXPECT_EQ(name_transform{}.path("a/b", false), "a/b");
  EXPECT_TRUE(of({"none"}).active());
}

TEST(name_transform, refuses_steps_that_it_does_not_understand) {
  EXPECT_EQ(why_refused({"prefix"}), "name transform: value is required for prefix");
  EXPECT_EQ(why_refused({"prefix=a=b"}), "name transform: too many values");
  EXPECT_EQ(why_refused({"=a"}), "name transform: key cannot be blank");
  EXPECT_EQ(why_refused({"replace=a"}), "name transform: wrong number of values: a");
  EXPECT_EQ(why_refused({"regex=a"}), "name transform: regex syntax error: a");
  EXPECT_EQ(why_refused({"regex=[/b"}), "name transform: error parsing regexp: missing ]: [");
  EXPECT_EQ(why_refused({"truncate=x"}), "strconv.Atoi: parsing \"x\": invalid syntax");
  EXPECT_EQ(why_refused({"index=1"}), "name transform: index: this option is not yet implemented");
  EXPECT_EQ(why_refused({"command=echo"}),
            "name transform: command: running a program for each name is not supported");
  EXPECT_EQ(
      why_refused({"shout"}).rfind("name transform: invalid choice \"shout\" from: none, nfc, nfd, ", 0), 0U);
  EXPECT_EQ(why_refused({"charmap=EBCDIC"}).rfind("invalid choice \"EBCDIC\" from: IBM-Code-Page-037, ", 0),
            0U);
  EXPECT_EQ(
      why_refused({"encoder=Umlaut"}).rfind("bad encoding \"Umlaut\": possible values are: Asterisk, ", 0),
      0U);
}

TEST(name_transform, fails_for_a_name_that_it_cannot_change) {
  EXPECT_EQ(why_failed({"truncate_keep_extension=3"}, "photo.jpeg"),
            "extension is longer than the truncation limit");
  EXPECT_EQ(why_failed({"truncate_bytes=1"}, "\u0412"), "could not truncate to valid UTF-8");
  EXPECT_EQ(why_failed({"trimprefix=abc"}, "abc"), "transform cannot render path segments empty");
  EXPECT_EQ(why_failed({"prefix=a/"}, "b"), "transform cannot add path separators: a/b");
  EXPECT_EQ(why_failed({"trimprefix=a"}, "a.."), "transform cannot make a path of \"..\"");
  EXPECT_EQ(why_failed({"base64decode"}, "abc"), "illegal base64 data at input byte 3");
}

} // namespace
} // namespace argosy
