#include "http/markup/contextual_escaping.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"
#include "http/markup/page_template.hpp"

namespace argosy::markup {
namespace {

std::string page_with(const char* text, const char* sort) {
  listing_page page{""};
  page.sort = sort;
  return page_template{text}.render(page);
}

TEST(contextual_escaping, writes_values_as_go_does_where_they_stand) {
  struct row {
    const char* text;
    const char* value;
    const char* written; // by Go's html/template
  };
  const row rows[]{
      {"{{.Sort}}", R"~(O'Reilly & <b>"x"</b>+y)~",
       "O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y"},
      {R"~(<b title="{{.Sort}}">)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<b title="O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y">)~"},
      {"<b title='{{.Sort}}'>", R"~(O'Reilly & <b>"x"</b>+y)~",
       "<b title='O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y'>"},
      {"<b title={{.Sort}}>", R"~(O'Reilly & <b>"x"</b>+y)~",
       "<b title=O&#39;Reilly&#32;&amp;&#32;&lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y>"},
      {"<b title={{.Sort}}>", "", "<b title=ZgotmplZ>"},
      {"<b {{.Sort}}>", "checked", "<b checked>"},
      {"<b {{.Sort}}=1>", "onclick", "<b ZgotmplZ=1>"},
      {"<title>{{.Sort}}</title>", R"~(O'Reilly & <b>"x"</b>+y)~",
       "<title>O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y</title>"},
      {"<textarea>{{.Sort}}</textarea>", R"~(O'Reilly & <b>"x"</b>+y)~",
       "<textarea>O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y</textarea>"},
      {R"~(<a href="{{.Sort}}">)~", "http://x/a b?c=d&e=é",
       R"~(<a href="http://x/a%20b?c=d&amp;e=%c3%a9">)~"},
      {R"~(<a href="{{.Sort}}">)~", "javascript:alert(1)", R"~(<a href="#ZgotmplZ">)~"},
      {"<a href='/{{.Sort}}'>", "javascript:alert(1)", "<a href='/javascript:alert%281%29'>"},
      {R"~(<a href="/?q={{.Sort}}">)~", "http://x/a b?c=d&e=é",
       R"~(<a href="/?q=http%3a%2f%2fx%2fa%20b%3fc%3dd%26e%3d%c3%a9">)~"},
      {"<a href=/{{.Sort}}>", "http://x/a b?c=d&e=é", "<a href=/http://x/a%20b?c&#61;d&amp;e&#61;%c3%a9>"},
      {R"~(<img src="{{.Sort}}">)~", "javascript:alert(1)", R"~(<img src="#ZgotmplZ">)~"},
      {R"~(<p data-href="{{.Sort}}">)~", "javascript:alert(1)", R"~(<p data-href="#ZgotmplZ">)~"},
      {R"~(<p my-url="{{.Sort}}">)~", "javascript:alert(1)", R"~(<p my-url="#ZgotmplZ">)~"},
      {R"~(<img srcset="{{.Sort}} 2x">)~", "http://x/a b?c=d&e=é", R"~(<img srcset="#ZgotmplZ 2x">)~"},
      {R"~(<img srcset="{{.Sort}}">)~", "javascript:alert(1)", R"~(<img srcset="#ZgotmplZ">)~"},
      {"<script>x = {{.Sort}}</script>", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<script>x = "O'Reilly \u0026 \u003cb\u003e\"x\"\u003c/b\u003e+y"</script>)~"},
      {"<script>x = {{.Sort}}</script>", "</script>", R"~(<script>x = "\u003c/script\u003e"</script>)~"},
      {"<script>x={{len .Sort}}</script>", "5", "<script>x= 1 </script>"},
      {"<script>x = '{{.Sort}}'</script>", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<script>x = 'O\u0027Reilly \u0026 \u003cb\u003e\u0022x\u0022\u003c\/b\u003e\u002by'</script>)~"},
      {R"~(<script>x = "{{.Sort}}"</script>)~", "</script>",
       R"~(<script>x = "\u003c\/script\u003e"</script>)~"},
      {"<script>x = `{{.Sort}}`</script>", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<script>x = `O\u0027Reilly \u0026 \u003cb\u003e\u0022x\u0022\u003c\/b\u003e\u002by`</script>)~"},
      {"<script>`${ {{.Sort}} }`</script>", "5", R"~(<script>`${ "5" }`</script>)~"},
      {"<script>x = /{{.Sort}}/</script>", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<script>x = /O\u0027Reilly \u0026 \u003cb\u003e\u0022x\u0022\u003c\/b\u003e\u002by/</script>)~"},
      {"<script>x = /{{.Sort}}/</script>", "", "<script>x = /(?:)/</script>"},
      {"<script>x = 1 / {{.Sort}} / 2</script>", "5", R"~(<script>x = 1 / "5" / 2</script>)~"},
      {R"~(<script type="text/template"><b>{{.Sort}}</b></script>)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<script type="text/template"><b>O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y</b></script>)~"},
      {R"~(<script type="application/json">{{.Sort}}</script>)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<script type="application/json">"O'Reilly \u0026 \u003cb\u003e\"x\"\u003c/b\u003e+y"</script>)~"},
      {R"~(<p onclick="f({{.Sort}})">)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<p onclick="f(&#34;O&#39;Reilly \u0026 \u003cb\u003e\&#34;x\&#34;\u003c/b\u003e&#43;y&#34;)">)~"},
      {R"~(<p onclick='f("{{.Sort}}")'>)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<p onclick='f("O\u0027Reilly \u0026 \u003cb\u003e\u0022x\u0022\u003c\/b\u003e\u002by")'>)~"},
      {R"~(<p onclick="f(&quot;{{.Sort}}&quot;)">)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<p onclick="f(&quot;O\u0027Reilly \u0026 \u003cb\u003e\u0022x\u0022\u003c\/b\u003e\u002by&quot;)">)~"},
      {"<style>p { color: {{.Sort}} }</style>", "checked", "<style>p { color: checked }</style>"},
      {"<style>p { color: {{.Sort}} }</style>", "expression(1)", "<style>p { color: ZgotmplZ }</style>"},
      {"<style>p { color: {{.Sort}} }</style>", R"~(O'Reilly & <b>"x"</b>+y)~",
       "<style>p { color: ZgotmplZ }</style>"},
      {"<style>p { background: url({{.Sort}}) }</style>", "javascript:alert(1)",
       "<style>p { background: url(#ZgotmplZ) }</style>"},
      {R"~(<style>p { background: url("{{.Sort}}") }</style>)~", "http://x/a b?c=d&e=é",
       R"~(<style>p { background: url("http://x/a%20b?c=d&e=%c3%a9") }</style>)~"},
      {R"~(<style>p { content: "{{.Sort}}" }</style>)~", "a-b/*c",
       R"~(<style>p { content: "a-b\2f*c" }</style>)~"},
      {R"~(<p style="color: {{.Sort}}">)~", "expression(1)", R"~(<p style="color: ZgotmplZ">)~"},
      {R"~(<p style="background: url('/{{.Sort}}')">)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<p style="background: url('/O%27Reilly%20&amp;%20%3cb%3e%22x%22%3c/b%3e&#43;y')">)~"},
      {R"~(<meta http-equiv="refresh" content="1; url={{.Sort}}">)~", "javascript:alert(1)",
       R"~(<meta http-equiv="refresh" content="1; url=#ZgotmplZ">)~"},
      {R"~(<meta name="x" content="{{.Sort}}">)~", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(<meta name="x" content="O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;&#43;y">)~"},
      {"a<!-- {{.Sort}} -->b", R"~(O'Reilly & <b>"x"</b>+y)~", "ab"},
      {"<script>a /* {{.Sort}} */ b // {{.Sort}}\nc</script>", R"~(O'Reilly & <b>"x"</b>+y)~",
       "<script>a    b \nc</script>"},
      {"<style>a/* {{.Sort}} */b</style>", R"~(O'Reilly & <b>"x"</b>+y)~", "<style>a  b</style>"},
      {"a < b {{.Sort}} <!DOCTYPE html>", "5", "a &lt; b 5 <!DOCTYPE html>"},
      {"{{html .Sort}}", R"~(O'Reilly & <b>"x"</b>+y)~",
       "O&#39;Reilly &amp; &lt;b&gt;&#34;x&#34;&lt;/b&gt;+y"},
      {R"~(<a href="{{html .Sort}}">)~", "http://x/a b?c=d&e=é",
       R"~(<a href="http://x/a%20b?c=d&amp;e=%c3%a9">)~"},
      {R"~(<a href="{{.Sort | html}}">)~", "javascript:alert(1)", R"~(<a href="#ZgotmplZ">)~"},
      {R"~(<a href="/?q={{urlquery .Sort}}">)~", "http://x/a b?c=d&e=é",
       R"~(<a href="/?q=http%3A%2F%2Fx%2Fa&#43;b%3Fc%3Dd%26e%3D%C3%A9">)~"},
      {"{{js .Sort}}", R"~(O'Reilly & <b>"x"</b>+y)~",
       R"~(O\&#39;Reilly \u0026 \u003Cb\u003E\&#34;x\&#34;\u003C/b\u003E&#43;y)~"},
      {R"~(<script>'<script>{{.Sort}}<\/script>'</script>)~", "5",
       R"~(<script>'\x3Cscript>5<\/script>'</script>)~"},
  };
  for (const auto& r : rows)
    EXPECT_EQ(page_with(r.text, r.value), r.written) << r.text << " with " << r.value;
}

TEST(contextual_escaping, joins_branches_that_differ_in_what_does_not_matter) {
  EXPECT_EQ(page_with("<a href=\"/{{if .Sort}}x{{end}}\">", ""), "<a href=\"/\">");
  EXPECT_EQ(page_with("<input {{if .Sort}}checked{{end}}>", "x"), "<input checked>");
  EXPECT_EQ(page_with("<p class={{if .Sort}}'a'{{else}}\"b\"{{end}}>", "x"), "<p class='a'>");
}

std::string refusal_of(const char* text) {
  try {
    const page_template made{text};
  } catch (const failure& f) {
    return f.what();
  }
  return "accepted";
}

TEST(contextual_escaping, refuses_what_no_escaping_can_be_right_for) {
  const std::pair<const char*, const char*> rows[]{
      {"x\n{{if .Sort}}<a href=\"{{end}}", "html/template:index:2: {{if}} branches end in different "
                                           "contexts: a URL of a link in double quotes; text"},
      {"{{range .Entries}}<b title='{{end}}", "html/template:index:1: on range loop re-entry: {{range}} "
                                              "branches end in different contexts: an attribute in "
                                              "single quotes"},
      {"<a href=\"{{if .Sort}}/a?{{else}}/b{{end}}{{.Name}}\">",
       "html/template:index:1: the value appears in an ambiguous context within a URL"},
      {"<a href=\"", "html/template: index: ends in a non-text context: a URL of a link in double quotes"},
      {"<script>", "html/template: index: ends in a non-text context: a script in <script>"},
      {"<a\n'x'>", "html/template:index:1: \"'\" in attribute name: \"\\n'x'>\""},
      {"<a b=c'd>", "html/template:index:1: \"'\" in unquoted attr: \"c'd\""},
      {"<a b={{html .Sort}}>", "html/template:index:1: predefined escaper \"html\" disallowed in template"},
      {"{{.Sort | html | print}}",
       "html/template:index:1: predefined escaper \"html\" disallowed in template"},
      {"<script>'\\{{.Sort}}'</script>",
       "html/template:index:1: unfinished escape sequence in JS string: \"\\\\\""},
      {"<script>/[{{.Sort}}]/</script>", "html/template:index:1: unfinished JS regexp charset: \"[\""},
      {"<script>{{if .Sort}}x{{end}}/y</script>",
       "html/template:index:1: '/' could start a division or regexp: \"/y\""},
  };
  for (const auto& [text, why] : rows) EXPECT_EQ(refusal_of(text), why) << text;
}

} // namespace
} // namespace argosy::markup
