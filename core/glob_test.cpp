#include "core/glob.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;

std::string error_of(const char* glob, glob_subject subject = glob_subject::path) {
  try {
    glob_pattern{glob, subject, false};
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::other);
    return f.what();
  }
  return "no error";
}

bool matches(const char* glob, const char* text, bool ignore_case = false) {
  return glob_pattern{glob, glob_subject::path, ignore_case}.matches(text);
}

TEST(glob_to_regexp, agrees_with_rclone) {
  const struct {
    const char *glob, *regexp;
  } rows[] = {
      {"", "(^|/)$"},
      {"potato", "(^|/)potato$"},
      {"potato,sausage", "(^|/)potato,sausage$"},
      {"/potato", "^potato$"},
      {"potato?sausage", "(^|/)potato[^/]sausage$"},
      {"potat[[:alpha:]]or", "(^|/)potat[[:alpha:]]or$"},
      {"*.jpg", "(^|/)[^/]*\\.jpg$"},
      {"a{b,{c,d}}e", "(^|/)a(b|(c|d))e$"},
      {"{a,b/{c,d}/**}", "(^|/)(a|b/(c|d)/.*)$"},
      {"potato**sausage", "(^|/)potato.*sausage$"},
      {"[\\[\\]]", "(^|/)[\\[\\]]$"},
      {"a\\*b", "(^|/)a\\*b$"},
      {"a{{.*}}b", "(^|/)a(.*)b$"},
      {"\\{{{regexp}}", "(^|/)\\{(regexp)$"},
      {"/{{\\d{8}}}", "^(\\d{8})$"},
      {"/{{\\}}}", "^(\\})$"},
      {"{a,}", "(^|/)(a|)$"},
      {"a.b+c(d)e|f^g$h", "(^|/)a\\.b\\+c\\(d\\)e\\|f\\^g\\$h$"},
      {"//a", "^/a$"},
      {"dir/", "(^|/)dir/$"},
      {"x\\", "(^|/)x\\$"},
      {"[*?{,}.]", "(^|/)[*?{,}.]$"},
      {"é?", "(^|/)é[^/]$"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(glob_to_regexp(row.glob, glob_subject::path, false), row.regexp);
    EXPECT_EQ(glob_to_regexp(row.glob, glob_subject::path, true), std::string{"(?i)"} + row.regexp);
    EXPECT_EQ((glob_pattern{row.glob, glob_subject::path, false}.regexp()), row.regexp);
  }
}

TEST(glob_to_regexp, a_star_crosses_slashes_in_plain_text) {
  EXPECT_EQ(glob_to_regexp("a*b?", glob_subject::plain_text, false), "^a.*b.$");
  EXPECT_EQ(glob_to_regexp("/a", glob_subject::plain_text, false), "^/a$");
  EXPECT_EQ(error_of("a**", glob_subject::plain_text), "too many stars in \"a**\"");
}

TEST(glob_pattern, refuses_what_rclone_refuses_in_its_words) {
  const struct {
    const char *glob, *text;
  } rows[] = {
      {"***", "too many stars in \"***\""},
      {"ab]c", "mismatched ']' in glob \"ab]c\""},
      {"[]]", "mismatched ']' in glob \"[]]\""},
      {"[", "mismatched '[' and ']' in glob \"[\""},
      {"ab[c", "mismatched '[' and ']' in glob \"ab[c\""},
      {"ab{x{cd", "mismatched '{' and '}' in glob \"ab{x{cd\""},
      {"ab{}}cd", "mismatched '{' and '}' in glob \"ab{}}cd\""},
      {"ab}c", "mismatched '{' and '}' in glob \"ab}c\""},
      {"ab{c", "mismatched '{' and '}' in glob \"ab{c\""},
      {"a{{.*}", "mismatched '{{' and '}}' in glob \"a{{.*}\""},
      {"a{{b", "mismatched '{{' and '}}' in glob \"a{{b\""},
      {"/a]", "mismatched ']' in glob \"a]\""},
  };
  for (const auto& row : rows) EXPECT_EQ(error_of(row.glob), row.text);
}

TEST(glob_pattern, refuses_bad_regular_expressions_in_the_words_of_go) {
  const struct {
    const char *glob, *text;
  } rows[] = {
      {"[a--b]", "(regexp \"(^|/)[a--b]$\"): error parsing regexp: invalid character class range: `a--`"},
      {"{{[}}", "(regexp \"(^|/)([)$\"): error parsing regexp: missing closing ]: `[)$`"},
      {"{{(}}", "(regexp \"(^|/)(()$\"): error parsing regexp: missing closing ): `(^|/)(()$`"},
      {"{{)}}", "(regexp \"(^|/)())$\"): error parsing regexp: unexpected ): `(^|/)())$`"},
      {"{{a**}}", "(regexp \"(^|/)(a**)$\"): error parsing regexp: invalid nested repetition operator: `**`"},
      {"{{\\1}}", "(regexp \"(^|/)(\\\\1)$\"): error parsing regexp: invalid escape sequence: `\\1`"},
      {"{{x{2,1}}}", "(regexp \"(^|/)(x{2,1})$\"): error parsing regexp: invalid repeat count: `{2,1}`"},
      {"{{x{1001}}}", "(regexp \"(^|/)(x{1001})$\"): error parsing regexp: invalid repeat count: `{1001}`"},
      {"{{*}}", "(regexp \"(^|/)(*)$\"): error parsing regexp: missing argument to repetition operator: `*`"},
      {"{{(?z)}}",
       "(regexp \"(^|/)((?z))$\"): error parsing regexp: invalid or unsupported Perl syntax: `(?z`"},
      {"{{a\\}}", "(regexp \"(^|/)(a\\\\)$\"): error parsing regexp: missing closing ): `(^|/)(a\\)$`"},
      {"[[:foo:]]",
       "(regexp \"(^|/)[[:foo:]]$\"): error parsing regexp: invalid character class range: `[:foo:]`"},
      {"[z-a]", "(regexp \"(^|/)[z-a]$\"): error parsing regexp: invalid character class range: `z-a`"},
      {"[]", "(regexp \"(^|/)[]$\"): error parsing regexp: missing closing ]: `[]$`"},
      {"\\q", "(regexp \"(^|/)\\\\q$\"): error parsing regexp: invalid escape sequence: `\\q`"},
  };
  for (const auto& row : rows) {
    const auto text = error_of(row.glob);
    EXPECT_EQ(text.substr(text.find(" (") + 1), row.text);
    EXPECT_EQ(text.substr(0, 17), "bad glob pattern ");
  }
}

TEST(glob_pattern, names_a_bad_pattern_without_its_leading_slash) {
  EXPECT_EQ(error_of("/(\\q"), "bad glob pattern \"(\\\\q\" (regexp \"^\\\\(\\\\q$\"): error parsing regexp: "
                               "invalid escape sequence: `\\q`");
}

TEST(glob_pattern, matches_whole_elements) {
  EXPECT_TRUE(matches("file.jpg", "file.jpg"));
  EXPECT_TRUE(matches("file.jpg", "dir/file.jpg"));
  EXPECT_FALSE(matches("file.jpg", "afile.jpg"));
  EXPECT_FALSE(matches("file.jpg", "file.jpgs"));
  EXPECT_TRUE(matches("/file.jpg", "file.jpg"));
  EXPECT_FALSE(matches("/file.jpg", "dir/file.jpg"));
  EXPECT_TRUE(matches("*.jpg", "a b.jpg"));
  EXPECT_FALSE(matches("/*.jpg", "a/b.jpg"));
  EXPECT_TRUE(matches("/**.jpg", "a/b.jpg"));
  EXPECT_FALSE(matches("[!a]*", "b")) << "an exclamation mark does not negate";
  EXPECT_TRUE(matches("[^a]*", "b"));
  EXPECT_TRUE(matches("a\\*b", "a*b"));
  EXPECT_FALSE(matches("a\\*b", "axb"));
  EXPECT_FALSE(matches("FILE", "file"));
  EXPECT_TRUE(matches("FILE*É", "file é", true));
  EXPECT_TRUE(matches("a?c", "aéc")) << "one character, not one byte";
  EXPECT_FALSE(matches("/", "x"));
}

TEST(directory_globs, agree_with_rclone) {
  EXPECT_THAT(directory_globs("*"), ElementsAre("/**"));
  EXPECT_THAT(directory_globs("/*.jpg"), ElementsAre("/"));
  EXPECT_THAT(directory_globs("//*.jpg"), ElementsAre("/"));
  EXPECT_THAT(directory_globs("///*.jpg"), ElementsAre("/"));
  EXPECT_THAT(directory_globs("/a/b/*.jpg"), ElementsAre("/a/b/", "/a/", "/"));
  EXPECT_THAT(directory_globs("/a//b/*.jpg"), ElementsAre("/a/b/", "/a/", "/"));
  EXPECT_THAT(directory_globs("//**"), ElementsAre("/**/", "/"));
  EXPECT_THAT(directory_globs("a/b"), ElementsAre("a/"));
  EXPECT_THAT(directory_globs("*/*/*.jpg"), ElementsAre("*/*/", "*/"));
  EXPECT_THAT(directory_globs("a/{b,{c,d}}/*.jpg"), ElementsAre("/**"));
  EXPECT_THAT(directory_globs("{a/b,c}"), ElementsAre("/**"));
  EXPECT_THAT(directory_globs("x{a,**}"), ElementsAre("/**"));
  EXPECT_THAT(directory_globs("a/{{.*}}"), ElementsAre("/**"));
  EXPECT_THAT(directory_globs("{a,dir}/*"), ElementsAre("{a,dir}/"));
  EXPECT_THAT(directory_globs("a\\{b/c"), ElementsAre("a\\{b/"));
  EXPECT_THAT(directory_globs("a**b/c**d"), ElementsAre("a**b/c**/", "a**b/", "a**/"));
  EXPECT_THAT(directory_globs("/var/spool/**/ncw"),
              ElementsAre("/var/spool/**/", "/var/spool/", "/var/", "/"));
  EXPECT_THAT(directory_globs("**.jpg"), ElementsAre("**/"));
  EXPECT_THAT(directory_globs(""), ElementsAre("/**"));
}

TEST(valid_for_matching, replaces_each_bad_byte) {
  std::string storage;
  const std::string good = "é/x";
  EXPECT_EQ(valid_for_matching(good, storage).data(), good.data());
  EXPECT_EQ(valid_for_matching("a\xff\xfe/é", storage), "a\xef\xbf\xbd\xef\xbf\xbd/é");
  EXPECT_TRUE(matches("a??", std::string{valid_for_matching("a\xff\xfe", storage)}.c_str()));
}

} // namespace
} // namespace argosy
