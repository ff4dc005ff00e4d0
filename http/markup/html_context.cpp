#include "http/markup/html_context.hpp"

#include <array>
#include <tuple>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"
#include "http/markup/escapers.hpp"

namespace argosy::markup {

namespace {

constexpr std::string_view white_space = " \t\n\f\r";
constexpr auto npos = std::string_view::npos;

[[noreturn]] void refuse(const std::string& why) { fail(failure_kind::other, why); }

std::size_t skip_space(std::string_view text, std::size_t from) {
  const auto end = text.find_first_not_of(white_space, from);
  return end == npos ? text.size() : end;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

bool begins_with_word(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && to_lower(text.substr(0, lower.size())) == lower;
}

struct element_name {
  std::string_view name;
  element what;
};
constexpr std::array<element_name, 5> special_elements{{{"script", element::script},
                                                        {"style", element::style},
                                                        {"textarea", element::textarea},
                                                        {"title", element::title},
                                                        {"meta", element::meta}}};

// End of the tag's name that begins at `from`; `from` itself: none does.
std::size_t end_of_tag_name(std::string_view text, std::size_t from) {
  if (from >= text.size() || !is_letter(text[from])) return from;
  auto end = from + 1;
  for (; end < text.size(); ++end) {
    if (is_letter_or_digit(text[end])) continue;
    const bool joins = text[end] == ':' || text[end] == '-';
    if (!joins || end + 1 == text.size() || !is_letter_or_digit(text[end + 1])) break;
  }
  return end;
}

element element_of(std::string_view name) {
  const auto lower = to_lower(name);
  for (const auto& [special, what] : special_elements)
    if (special == lower) return what;
  return element::other;
}

step to_place(html_context c, place where, std::size_t read) {
  c.where = where;
  return {std::move(c), read, 0};
}

step all_of(const html_context& c, std::string_view text) { return {c, text.size(), 0}; }

step html_text(const html_context& c, std::string_view text) {
  for (std::size_t from = 0;;) {
    auto at = text.find('<', from);
    if (at == npos || at + 1 == text.size()) return all_of(c, text);
    if (text.substr(at, 4) == "<!--") {
      html_context comment;
      comment.where = place::html_comment;
      return {comment, at + 4, 4};
    }
    ++at;
    const bool closing = text[at] == '/';
    if (closing && ++at == text.size()) return all_of(c, text);
    const auto end = end_of_tag_name(text, at);
    if (end != at) {
      html_context tag;
      tag.where = place::tag;
      if (!closing) tag.in = element_of(text.substr(at, end - at));
      return {tag, end, 0};
    }
    from = at;
  }
}

std::size_t end_of_attribute_name(std::string_view text, std::size_t from) {
  for (auto i = from; i < text.size(); ++i) {
    if (white_space.find(text[i]) != npos || text[i] == '=' || text[i] == '>') return i;
    if (text[i] == '\'' || text[i] == '"' || text[i] == '<')
      refuse(go_quote(text.substr(i, 1)) + " in attribute name: " + go_quote(text.substr(0, 32)));
  }
  return text.size();
}

attribute kind_of_attribute(element in, std::string_view name) {
  const auto lower = to_lower(name);
  if (in == element::script && lower == "type") return attribute::script_type;
  if (in == element::meta && lower == "content") return attribute::meta_content;
  switch (content_of_attribute(lower)) {
  case attribute_content::url: return attribute::url;
  case attribute_content::css: return attribute::style;
  case attribute_content::js: return attribute::script;
  case attribute_content::srcset: return attribute::srcset;
  default: return attribute::plain;
  }
}

place content_of(element in) {
  switch (in) {
  case element::script: return place::js;
  case element::style: return place::css;
  case element::textarea:
  case element::title: return place::rcdata;
  default: return place::text;
  }
}

step tag(const html_context& c, std::string_view text) {
  const auto begin = skip_space(text, 0);
  if (begin == text.size()) return all_of(c, text);
  if (text[begin] == '>') {
    html_context content;
    content.where = content_of(c.in);
    if (c.in != element::meta) content.in = c.in;
    return {content, begin + 1, 0};
  }
  const auto end = end_of_attribute_name(text, begin);
  if (begin == end)
    refuse("expected space, attr name, or end of tag, but got " + go_quote(text.substr(begin)));
  html_context named;
  named.where = end == text.size() ? place::attribute_name : place::after_attribute_name;
  named.in = c.in;
  named.kind = kind_of_attribute(c.in, text.substr(begin, end - begin));
  return {named, end, 0};
}

step attribute_name(const html_context& c, std::string_view text) {
  const auto end = end_of_attribute_name(text, 0);
  return end == text.size() ? all_of(c, text) : to_place(c, place::after_attribute_name, end);
}

step after_attribute_name(const html_context& c, std::string_view text) {
  const auto at = skip_space(text, 0);
  if (at == text.size()) return all_of(c, text);
  if (text[at] != '=') return to_place(c, place::tag, at);
  return to_place(c, place::before_attribute_value, at + 1);
}

step before_attribute_value(const html_context& c, std::string_view text) {
  const auto at = skip_space(text, 0);
  if (at == text.size()) return all_of(c, text);
  auto next = to_place(c, first_place(c.kind), at);
  next.to.ends_with = delimiter::space_or_tag_end;
  if (text[at] == '"') next.to.ends_with = delimiter::double_quote;
  if (text[at] == '\'') next.to.ends_with = delimiter::single_quote;
  if (next.to.ends_with != delimiter::space_or_tag_end) ++next.read;
  return next;
}

step html_comment(const html_context& c, std::string_view text) {
  const auto end = text.find("-->");
  return end == npos ? all_of(c, text) : step{{}, end + 3, 0};
}

// <meta content="5; url=...">
step meta_content(const html_context& c, std::string_view text) {
  for (std::size_t i = 0; i + 3 < text.size(); ++i) {
    if (!begins_with_word(text.substr(i), "url")) continue;
    const auto equals = skip_space(text, i + 3);
    if (equals < text.size() && text[equals] == '=') return to_place(c, place::meta_url, equals + 1);
  }
  return all_of(c, text);
}

step meta_url(const html_context& c, std::string_view text) {
  const auto end = text.find(';');
  return end == npos ? all_of(c, text) : to_place(c, place::meta_content, end + 1);
}

// Where the closing tag of the element begins; npos: it does not.
std::size_t end_of_element(std::string_view text, element in) {
  std::string_view name;
  for (const auto& [special, what] : special_elements)
    if (what == in) name = special;
  for (auto at = text.find("</"); at != npos; at = text.find("</", at + 2)) {
    const auto behind = at + 2 + name.size();
    if (begins_with_word(text.substr(at + 2), name) && behind < text.size() &&
        std::string_view{"> \t\n\f/"}.find(text[behind]) != npos)
      return at;
  }
  return npos;
}

step at_place(const html_context& c, std::string_view text) {
  switch (c.where) {
  case place::text: return html_text(c, text);
  case place::tag: return tag(c, text);
  case place::attribute_name: return attribute_name(c, text);
  case place::after_attribute_name: return after_attribute_name(c, text);
  case place::before_attribute_value: return before_attribute_value(c, text);
  case place::html_comment: return html_comment(c, text);
  case place::url:
  case place::srcset: return transition::url(c, text);
  case place::meta_content: return meta_content(c, text);
  case place::meta_url: return meta_url(c, text);
  case place::js: return transition::script(c, text);
  case place::js_double_quoted:
  case place::js_single_quoted:
  case place::js_regexp: return transition::script_literal(c, text);
  case place::js_template: return transition::script_template(c, text);
  case place::js_block_comment:
  case place::css_block_comment: return transition::block_comment(c, text);
  case place::js_line_comment:
  case place::css_line_comment: return transition::line_comment(c, text);
  case place::css: return transition::style(c, text);
  case place::css_double_quoted:
  case place::css_single_quoted:
  case place::css_double_quoted_url:
  case place::css_single_quoted_url:
  case place::css_url: return transition::style_text(c, text);
  case place::rcdata:
  case place::attribute:
  case place::nowhere: break;
  }
  return all_of(c, text);
}

} // namespace

bool html_context::operator==(const html_context& o) const {
  return std::tie(where, ends_with, part, slash_is, kind, in, braces) ==
         std::tie(o.where, o.ends_with, o.part, o.slash_is, o.kind, o.in, o.braces);
}

std::string description(const html_context& c) {
  constexpr std::array<const char*, 28> places{"text",
                                               "a tag",
                                               "the name of an attribute",
                                               "a tag behind the name of an attribute",
                                               "a tag before the value of an attribute",
                                               "a comment",
                                               "the text of a title or textarea",
                                               "an attribute",
                                               "a URL",
                                               "a srcset",
                                               "the content of a meta",
                                               "the URL of a meta",
                                               "a script",
                                               "a string of a script",
                                               "a string in single quotes of a script",
                                               "a template of a script",
                                               "a regular expression of a script",
                                               "a comment of a script",
                                               "a line of comment of a script",
                                               "a style sheet",
                                               "a string of a style sheet",
                                               "a string in single quotes of a style sheet",
                                               "a URL in double quotes of a style sheet",
                                               "a URL in single quotes of a style sheet",
                                               "a URL of a style sheet",
                                               "a comment of a style sheet",
                                               "a line of comment of a style sheet",
                                               "nowhere"};
  constexpr std::array<const char*, 4> delimiters{"", " in double quotes", " in single quotes",
                                                  " without quotes"};
  constexpr std::array<const char*, 4> parts{"", ", the path begun", ", the query begun",
                                             ", the part unclear"};
  constexpr std::array<const char*, 3> slashes{"", " behind a value", " behind what may be a value"};
  constexpr std::array<const char*, 7> kinds{
      "",           " of a handler", " of the type of a script", " of a style",
      " of a link", " of a srcset",  " of the content of a meta"};
  constexpr std::array<const char*, 6> elements{
      "", " in <script>", " in <style>", " in <textarea>", " in <title>", " in <meta>"};
  std::string out = places[static_cast<std::size_t>(c.where)];
  out += kinds[static_cast<std::size_t>(c.kind)];
  out += delimiters[static_cast<std::size_t>(c.ends_with)];
  out += parts[static_cast<std::size_t>(c.part)];
  out += slashes[static_cast<std::size_t>(c.slash_is)];
  out += elements[static_cast<std::size_t>(c.in)];
  for (const auto depth : c.braces) out += ", in braces " + std::to_string(depth);
  return out;
}

bool is_comment(place p) {
  return p == place::html_comment || p == place::js_block_comment || p == place::js_line_comment ||
         p == place::css_block_comment || p == place::css_line_comment;
}

bool is_script_literal(place p) {
  return p == place::js_double_quoted || p == place::js_single_quoted || p == place::js_template ||
         p == place::js_regexp;
}

place first_place(attribute kind) {
  switch (kind) {
  case attribute::script: return place::js;
  case attribute::style: return place::css;
  case attribute::url: return place::url;
  case attribute::srcset: return place::srcset;
  case attribute::meta_content: return place::meta_content;
  case attribute::plain:
  case attribute::script_type: break;
  }
  return place::attribute;
}

step read_text(const html_context& from, std::string_view text) {
  if (from.ends_with != delimiter::none) return at_place(from, text);
  const bool hidden = from.in == element::script && (is_script_literal(from.where) || is_comment(from.where));
  if (from.in != element::other && !hidden) {
    const auto end = end_of_element(text, from.in);
    if (end == 0) return {{}, 0, 0};
    text = text.substr(0, end);
  }
  return at_place(from, text);
}

} // namespace argosy::markup
