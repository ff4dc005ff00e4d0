#include "http/markup/page_template.hpp"

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

#include "core/failure.hpp"
#include "tests/fixtures/zone.hpp"

namespace argosy::markup {
namespace {

class page_template_test : public testing::Test {
protected:
  page_template_test() {
    page_.add("d 1", true, -1, 1'000'000'000'123'456'789);
    page_.add("a&b.txt", false, 12345, 1'000'000'000'000'000'000);
    page_.add("é:x.js", false, 0, {});
    page_.sort = "size";
    page_.order = "desc";
  }

  const zone utc_{"UTC"};
  listing_page page_{"p/q r"};
};

TEST_F(page_template_test, understands_the_language_of_gos_templates) {
  struct row {
    const char* text;
    const char* page; // by Go
  };
  const row rows[]{
      {"{{range .Entries}}{{.Leaf}}|{{.URL}}|{{.ZipURL}}|{{.Size}}|{{.IsDir}};{{end}}",
       "d "
       "1/|d%201/|d%201/?download=zip|-1|true;a&amp;b.txt|a&amp;b.txt||12345|false;é:x.js|./"
       "%C3%A9:x.js||0|false;"},
      {"{{.DirRemote}}|{{.Name}}|{{.Title}}|{{.Sort}}|{{.Order}}|{{.Query}}|{{.ZipURL}}|{{.DisableZip}}",
       "p/q r|/p/q r|Directory listing of /p/q r|size|desc||?download=zip|false"},
      {"{{range $i, $c := .Breadcrumb}}{{if $i}}, {{end}}{{$c.Link}}={{$c.Text}}{{end}}",
       "../../=/, ../=p, =q r"},
      {"{{range .Entries}}{{.ModTime}};{{end}}", "2001-09-09 01:46:40.123456789 &#43;0000 UTC;2001-09-09 "
                                                 "01:46:40 &#43;0000 UTC;0001-01-01 00:00:00 &#43;0000 UTC;"},
      {R"~({{range .Entries}}{{if .ModTime | afterEpoch}}{{.ModTime.Format "02 Jan 2006 15:04:05"}}{{else}}-{{end}};{{end}})~",
       "09 Sep 2001 01:46:40;09 Sep 2001 01:46:40;-;"},
      {R"~({{with index .Entries 0}}{{.ModTime.Year}}-{{printf "%02d" .ModTime.Month}}-{{.ModTime.Day}} {{.ModTime.Month}} {{.ModTime.Weekday}} {{.ModTime.YearDay}} {{.ModTime.Hour}}:{{.ModTime.Minute}}:{{.ModTime.Second}}.{{.ModTime.Nanosecond}} {{.ModTime.Unix}} {{.ModTime.UnixMilli}}{{end}})~",
       "2001-09-9 September Sunday 252 1:46:40.123456789 1000000000 1000000000123"},
      {"{{with (index .Entries 0).ModTime}}{{.After (index $.Entries 1).ModTime}} {{.Before (index $.Entries "
       "2).ModTime}} {{.Equal .}} {{.UTC.IsZero}}{{end}}",
       "true false true false"},
      {R"~({{range .Entries}}{{contains .Leaf "b"}} {{hasPrefix .Leaf "d"}} {{.Leaf | hasSuffix "x.js"}};{{end}})~",
       "false true false;true false false;false false false;"},
      {"{{- /* nothing */ -}}  a  {{- \"b\" -}}  c\n{{- \" d \" }}", "abc d "},
      {"{{$n := 0}}{{range .Entries}}{{if .IsDir}}{{continue}}{{end}}{{$n = .Size}}{{break}}{{end}}{{$n}}",
       "12345"},
      {"{{range $e := .Entries}}{{$e.Size}},{{else}}none{{end}}{{range slice .Entries 3}}{{else}}none{{end}}",
       "-1,12345,0,none"},
      {"{{range 3}}{{.}}{{end}} {{range $i, $e := slice .Entries 1 3}}{{$i}}{{$e.Size}} {{end}}",
       "012 012345 10 "},
      {R"~({{if eq .Sort "size"}}S{{else if ne .Order "asc"}}O{{else}}-{{end}}{{if and .Sort (not .Query)}}+{{end}}{{or .Query .Order}})~",
       "S+desc"},
      {"{{with .Query}}{{.}}{{else with .Order}}[{{.}}]{{end}}", "[desc]"},
      {R"~({{define "row"}}<li>{{.Leaf}}</li>{{end}}<ul>{{range .Entries}}{{template "row" .}}{{end}}</ul>)~",
       "<ul><li>d 1/</li><li>a&amp;b.txt</li><li>é:x.js</li></ul>"},
      {R"~({{define "v"}}{{.}}{{end}}<a href="{{template "v" .Name}}" onclick="f({{template "v" .Name}})">{{template "v" .Name}}</a>)~",
       R"~(<a href="/p/q%20r" onclick="f(&#34;/p/q r&#34;)">/p/q r</a>)~"},
      {R"~({{block "b" .Name}}<i>{{.}}</i>{{end}})~", "<i>/p/q r</i>"},
      {R"~({{define "down"}}{{if .}}{{len .}}{{template "down" slice . 1}}{{end}}{{end}}{{template "down" "abc"}})~",
       "321"},
      {"{{len .Entries}} {{len .Name}} {{index .Name 0}} {{slice .Name 1 2}} {{(index .Breadcrumb 1).Text}}",
       "3 6 47 p p"},
      {R"~({{eq 1 2 1}} {{lt 1 2}} {{le "b" "a"}} {{gt 2.5 1.5}} {{ge 2 2}} {{eq true false}} {{and 0 (index .Entries 99)}} {{or 7 (index .Entries 99)}})~",
       "true true false true true false 0 7"},
      {R"~({{print 1 2 "a" "b" 3 true}} {{println "x" 1}}{{1.5}} {{1e3}} {{0x1f}} {{0b11}} {{1_000}} {{'a'}} {{-3}} {{"\u00e9\x41\t"}} {{`\n`}})~",
       "1 2ab3 true x 1\n1.5 1000 31 3 1000 97 -3 éA	 \\n"},
      {"<script>var all = {{.Entries}}, up = {{.Breadcrumb}};</script>",
       R"~(<script>var all = [{"URL":"d%201/","ZipURL":"d%201/?download=zip","Leaf":"d 1/","IsDir":true,"Size":-1,"ModTime":"2001-09-09T01:46:40.123456789Z"},{"URL":"a\u0026b.txt","ZipURL":"","Leaf":"a\u0026b.txt","IsDir":false,"Size":12345,"ModTime":"2001-09-09T01:46:40Z"},{"URL":"./%C3%A9:x.js","ZipURL":"","Leaf":"é:x.js","IsDir":false,"Size":0,"ModTime":"0001-01-01T00:00:00Z"}], up = [{"Link":"../../","Text":"/"},{"Link":"../","Text":"p"},{"Link":"","Text":"q r"}];</script>)~"},
      {"{{.Breadcrumb}}", "[{../../ /} {../ p} { q r}]"},
      {R"~(<a{{if .Sort}} class="{{.Sort}}"{{end}} href="{{.Name}}{{with .Query}}?{{.}}{{end}}">x</a>)~",
       R"~(<a class="size" href="/p/q%20r">x</a>)~"},
      {"{{ range .Entries }}\n<a href=\"{{ .URL }}\">{{ .Leaf }}</a><br />\n{{- end }}\n",
       "\n<a href=\"d%201/\">d 1/</a><br />\n<a href=\"a&amp;b.txt\">a&amp;b.txt</a><br />\n<a "
       "href=\"./%C3%A9:x.js\">é:x.js</a><br />\n"},
  };
  for (const auto& r : rows) EXPECT_EQ(page_template{r.text}.render(page_), r.page) << r.text;
}

std::string refusal_of(std::string_view text) {
  try {
    const page_template made{text};
  } catch (const failure& f) {
    return f.what();
  }
  return "accepted";
}

TEST_F(page_template_test, refuses_wrong_templates_with_the_line) {
  const std::pair<const char*, const char*> rows[]{
      {"a\nb {{foo}}", "template: index:2: function \"foo\" not defined"},
      {"{{.Entry}}", "template: index:1: can't evaluate field Entry: there is none of that name"},
      {"{{$x}}", "template: index:1: undefined variable \"$x\""},
      {"{{", "template: index:1: unclosed action"},
      {"{{.Sort", "template: index:1: unclosed action"},
      {"{{(.Sort}}", "template: index:1: unclosed left paren"},
      {"{{.Sort)}}", "template: index:1: unexpected right paren"},
      {"{{\"a}}", "template: index:1: unterminated quoted string"},
      {"{{/* a}}", "template: index:1: unclosed comment"},
      {"{{if .Sort}}x\n", "template: index:2: unexpected EOF"},
      {"{{end}}", "template: index:1: unexpected {{end}}"},
      {"{{else}}", "template: index:1: unexpected {{else}}"},
      {"{{if}}x{{end}}", "template: index:1: missing value for if"},
      {"{{break}}", "template: index:1: {{break}} outside {{range}}"},
      {"{{template \"no\"}}", "template: index:1: no such template \"no\""},
      {"{{define \"x\"}}a{{end}}{{define \"x\"}}b{{end}}",
       "template: index:1: template: multiple definition of template \"x\""},
      {"{{if .Sort}}{{define \"x\"}}{{end}}{{end}}", "template: index:1: unexpected <define> in command"},
      {"{{1a}}", "template: index:1: bad number syntax: \"1a\""},
      {"{{.Sort@}}", "template: index:1: bad character U+0040 '@'"},
      {"{{1 | 2}}", "template: index:1: non executable command in pipeline stage 2"},
      {"{{nil}}", "template: index:1: nil is not a command"},
      {"{{\"x\" 1}}", "template: index:1: can't give argument to non-function"},
      {"{{len}}", "template: index:1: wrong number of args for len: want 1 got 0"},
      {"{{print len}}", "template: index:1: wrong number of args for len: want 1 got 0"},
      {"{{.Name | contains \"a\" \"b\"}}",
       "template: index:1: wrong number of args for contains: want 2 got 3"},
  };
  for (const auto& [text, why] : rows) EXPECT_EQ(refusal_of(text), why) << text;
  const auto deep = "{{" + std::string(1000, '(') + ".Sort" + std::string(1000, ')') + "}}";
  EXPECT_EQ(refusal_of(deep), "template: index:1: max expression depth exceeded");
}

TEST_F(page_template_test, says_in_which_line_a_page_cannot_be_made) {
  const std::pair<const char*, const char*> rows[]{
      {"\n{{index .Entries 9}}", "template: index:2: error calling index: index out of range: 9"},
      {"{{.Name.Leaf}}", "template: index:1: can't evaluate field Leaf in type string"},
      {"{{eq 1 \"a\"}}", "template: index:1: error calling eq: incompatible types for comparison"},
      {"{{range .Name}}{{end}}", "template: index:1: range can't iterate over /p/q r"},
      {"{{.Name 1}}", "template: index:1: Name has arguments but cannot be invoked as function"},
      {"{{(index .Entries 0).ModTime.Format 1}}",
       "template: index:1: wrong type for value; expected string; got int"},
      {"{{define \"t\"}}{{template \"t\" .}}{{end}}{{template \"t\" .}}", "exceeded maximum template depth"},
  };
  for (const auto& [text, why] : rows) {
    try {
      page_template{text}.render(page_);
      ADD_FAILURE() << text << " was rendered";
    } catch (const failure& f) {
      EXPECT_STREQ(f.what(), why) << text;
    }
  }
}

TEST_F(page_template_test, is_read_from_a_file) {
  const auto path = testing::TempDir() + "page_template_test.html";
  std::ofstream{path} << "<h1>{{.Title}}</h1>";

  EXPECT_EQ(page_template::load(path).render(page_), "<h1>Directory listing of /p/q r</h1>");

  std::remove(path.c_str());
  try {
    page_template::load(path);
    ADD_FAILURE() << "a file that is not there was read";
  } catch (const failure& f) {
    EXPECT_EQ(f.what(), "open " + path + ": no such file or directory");
  }
}

} // namespace
} // namespace argosy::markup
