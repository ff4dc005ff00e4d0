#include <algorithm>
#include <array>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"
#include "http/markup/escapers.hpp"
#include "http/markup/html_context.hpp"

/// Scripts and style sheets.
namespace argosy::markup::transition {

namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view css_spaces = "\t\n\f\r ";
constexpr std::string_view line_separator = "\xe2\x80\xa8", paragraph_separator = "\xe2\x80\xa9";

[[noreturn]] void refuse(const std::string& why) { fail(failure_kind::other, why); }

step all_of(html_context c, std::string_view text) { return {std::move(c), text.size(), 0}; }

bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '$' || c == '_';
}

std::string_view without_space_behind(std::string_view text) {
  constexpr std::array<std::string_view, 25> spaces{"\f",           "\n",           "\r",
                                                    "\t",           "\v",           " ",
                                                    "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80",
                                                    "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
                                                    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
                                                    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
                                                    "\xe2\x80\x8a", line_separator, paragraph_separator,
                                                    "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
                                                    "\xef\xbb\xbf"};
  for (bool found = true; found;) {
    found = false;
    for (const auto space : spaces)
      if (text.size() >= space.size() && text.substr(text.size() - space.size()) == space) {
        text.remove_suffix(space.size());
        found = true;
      }
  }
  return text;
}

// What a slash behind that part of a script would mean: a value is divided, an operator or keyword is
// followed by a regular expression.
slash slash_behind(std::string_view text, slash before) {
  constexpr std::array<std::string_view, 14> keywords{"break", "case",    "continue", "delete",     "do",
                                                      "else",  "finally", "in",       "instanceof", "return",
                                                      "throw", "try",     "typeof",   "void"};
  text = without_space_behind(text);
  if (text.empty()) return before;
  const char last = text.back();
  if (last == '+' || last == '-') {
    // ++ and -- stand behind a value.
    const auto first = text.find_last_not_of(last);
    const auto count = text.size() - (first == npos ? 0 : first + 1);
    return count % 2 == 1 ? slash::regexp : slash::division;
  }
  if (last == '.')
    return text.size() > 1 && text[text.size() - 2] >= '0' && text[text.size() - 2] <= '9' ? slash::division
                                                                                           : slash::regexp;
  if (std::string_view{",<>=*%&|^?!~([:;{}"}.find(last) != npos) return slash::regexp;
  auto begin = text.size();
  while (begin > 0 && is_identifier(text[begin - 1])) --begin;
  for (const auto keyword : keywords)
    if (text.substr(begin) == keyword) return slash::regexp;
  return slash::division;
}

step enter(html_context c, place where, std::size_t read, std::size_t comment = 0) {
  c.where = where;
  if (comment == 0) c.slash_is = slash::regexp;
  return {std::move(c), read, comment};
}

step slash_in_script(html_context c, std::string_view text, std::size_t at) {
  const auto behind = text.substr(at + 1, 1);
  if (behind == "/") return enter(std::move(c), place::js_line_comment, at + 2, 2);
  if (behind == "*") return enter(std::move(c), place::js_block_comment, at + 2, 2);
  if (c.slash_is == slash::unclear)
    refuse("'/' could start a division or regexp: " + go_quote(text.substr(at, 32)));
  if (c.slash_is == slash::division) {
    c.slash_is = slash::regexp;
    return {std::move(c), at + 1, 0};
  }
  c.where = place::js_regexp;
  return {std::move(c), at + 1, 0};
}

step brace_in_script(html_context c, std::string_view text, std::size_t at) {
  const bool opens = text[at] == '{';
  if (!c.braces.empty()) {
    c.braces.back() += opens ? 1 : -1;
    if (c.braces.back() < 0) {
      c.braces.pop_back();
      c.where = place::js_template;
      return {std::move(c), at + 1, 0};
    }
  }
  c.slash_is = slash::regexp;
  return {std::move(c), at + 1, 0};
}

} // namespace

step script(const html_context& from, std::string_view text) {
  auto c = from;
  const auto at = find_any(text, "\"'`/{}<-#");
  c.slash_is = slash_behind(text.substr(0, at), c.slash_is);
  if (at == npos) return all_of(std::move(c), text);
  switch (text[at]) {
  case '"': return enter(std::move(c), place::js_double_quoted, at + 1);
  case '\'': return enter(std::move(c), place::js_single_quoted, at + 1);
  case '`': return enter(std::move(c), place::js_template, at + 1);
  case '/': return slash_in_script(std::move(c), text, at);
  case '<':
    if (text.substr(at, 4) == "<!--") return enter(std::move(c), place::js_line_comment, at + 4, 4);
    break;
  case '-':
    if (text.substr(at, 3) == "-->") return enter(std::move(c), place::js_line_comment, at + 3, 3);
    break;
  case '#':
    if (text.substr(at, 2) == "#!") return enter(std::move(c), place::js_line_comment, at + 2, 2);
    break;
  default: return brace_in_script(std::move(c), text, at);
  }
  return {std::move(c), at + 1, 0};
}

step script_template(const html_context& from, std::string_view text) {
  auto c = from;
  for (auto at = find_any(text, "`\\$"); at != npos; at = find_any(text, "`\\$", at + 1)) {
    if (text[at] == '`') {
      c.where = place::js;
      return {std::move(c), at + 1, 0};
    }
    if (text.substr(at, 2) == "${") {
      c.braces.push_back(0);
      c.where = place::js;
      return {std::move(c), at + 2, 0};
    }
    if (text[at] == '\\' && ++at == text.size())
      refuse("unfinished escape sequence in JS string: " + go_quote(text));
  }
  return all_of(std::move(c), text);
}

step script_literal(const html_context& from, std::string_view text) {
  auto c = from;
  const bool regexp = c.where == place::js_regexp;
  const std::string_view special = regexp ? "\\/[]" : c.where == place::js_single_quoted ? "\\'" : "\\\"";
  bool in_class = false;
  for (auto at = find_any(text, special); at != npos; at = find_any(text, special, at + 1)) {
    const char found = text[at];
    if (found == '\\') {
      if (++at == text.size()) refuse("unfinished escape sequence in JS string: " + go_quote(text));
    } else if (found == '[' || found == ']') {
      in_class = found == '[';
    } else if (found == '/' && at > 0 && to_lower(text.substr(at - 1, 8)) == "</script") {
      continue; // it is written as \x3C/script
    } else if (!in_class) {
      c.where = place::js;
      c.slash_is = slash::division;
      return {std::move(c), at + 1, 0};
    }
  }
  if (in_class) refuse("unfinished JS regexp charset: " + go_quote(text));
  return all_of(std::move(c), text);
}

step block_comment(const html_context& from, std::string_view text) {
  auto c = from;
  const auto end = text.find("*/");
  if (end == npos) return all_of(std::move(c), text);
  c.where = c.where == place::js_block_comment ? place::js : place::css;
  return {std::move(c), end + 2, 0};
}

step line_comment(const html_context& from, std::string_view text) {
  auto c = from;
  const bool script = c.where == place::js_line_comment;
  auto end = find_any(text, script ? "\n\r" : "\n\f\r");
  if (script) end = std::min({end, text.find(line_separator), text.find(paragraph_separator)});
  if (end == npos) return all_of(std::move(c), text);
  c.where = script ? place::js : place::css;
  return {std::move(c), end, 0};
}

step url(const html_context& from, std::string_view text) {
  auto c = from;
  if (find_any(text, "#?") != npos)
    c.part = url_part::query_or_fragment;
  else if (text.find_first_not_of(css_spaces) != npos && c.part == url_part::start)
    c.part = url_part::path;
  return all_of(std::move(c), text);
}

step style(const html_context& from, std::string_view text) {
  auto c = from;
  for (auto at = find_any(text, "(\"'/"); at != npos; at = find_any(text, "(\"'/", at + 1)) {
    if (text[at] == '"' || text[at] == '\'') {
      c.where = text[at] == '"' ? place::css_double_quoted : place::css_single_quoted;
      return {std::move(c), at + 1, 0};
    }
    if (text[at] == '/') {
      const auto both = text.substr(at, 2);
      if (both != "//" && both != "/*") continue;
      c.where = both == "//" ? place::css_line_comment : place::css_block_comment;
      return {std::move(c), at + 2, 2};
    }
    auto before = text.substr(0, at);
    before = before.substr(0, before.find_last_not_of(css_spaces) + 1); // npos + 1 is 0
    if (before.size() < 3 || to_lower(before.substr(before.size() - 3)) != "url") continue;
    const auto ahead = before.size() == 3 ? '\0' : before[before.size() - 4];
    // A longer word that ends with these letters.
    if (before.size() > 3 &&
        (is_identifier(ahead) || ahead == '-' || static_cast<unsigned char>(ahead) >= 0x80) && ahead != '$')
      continue;
    auto begin = text.find_first_not_of(css_spaces, at + 1);
    if (begin == npos) begin = text.size();
    c.where = place::css_url;
    if (begin < text.size() && text[begin] == '"') c.where = place::css_double_quoted_url;
    if (begin < text.size() && text[begin] == '\'') c.where = place::css_single_quoted_url;
    return {std::move(c), begin + (c.where == place::css_url ? 0 : 1), 0};
  }
  return all_of(std::move(c), text);
}

step style_text(const html_context& from, std::string_view text) {
  auto c = from;
  const bool is_bare = c.where == place::css_url;
  const bool single = c.where == place::css_single_quoted || c.where == place::css_single_quoted_url;
  const std::string_view special = is_bare ? "\\\t\n\f\r )" : single ? "\\'" : "\\\"";
  const auto follow = [&c](std::string_view passed) {
    if (const auto decoded = decode_css(passed); !decoded.empty()) c = url(c, decoded).to;
  };
  std::size_t from_byte = 0;
  for (auto at = find_any(text, special); at != npos; at = find_any(text, special, at + 1)) {
    if (text[at] != '\\') {
      c.where = place::css;
      return {std::move(c), at + 1, 0};
    }
    if (++at == text.size()) refuse("unfinished escape sequence in CSS string: " + go_quote(text));
    follow(text.substr(0, at + 1));
    from_byte = at + 1;
  }
  follow(text.substr(from_byte));
  return all_of(std::move(c), text);
}

} // namespace argosy::markup::transition
