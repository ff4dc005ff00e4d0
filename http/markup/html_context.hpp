#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace argosy::markup {

/// Where in a page something stands: what decides how a value has to be written there.
enum class place : std::uint8_t {
  text,
  tag, ///< in a tag, before the name of an attribute
  attribute_name,
  after_attribute_name,
  before_attribute_value,
  html_comment,
  rcdata, ///< the text of <title> and <textarea>
  attribute,
  url,
  srcset,
  meta_content,
  meta_url,
  js,
  js_double_quoted,
  js_single_quoted,
  js_template,
  js_regexp,
  js_block_comment,
  js_line_comment,
  css,
  css_double_quoted,
  css_single_quoted,
  css_double_quoted_url,
  css_single_quoted_url,
  css_url,
  css_block_comment,
  css_line_comment,
  nowhere, ///< behind {{break}} and {{continue}}
};

/// What ends the value of an attribute.
enum class delimiter : std::uint8_t { none, double_quote, single_quote, space_or_tag_end };
/// How far a URL has come.
enum class url_part : std::uint8_t { start, path, query_or_fragment, unclear };
/// What a slash in a script means.
enum class slash : std::uint8_t { regexp, division, unclear };
/// Elements whose content is not HTML, or whose attributes mean something else.
enum class element : std::uint8_t { other, script, style, textarea, title, meta };
enum class attribute : std::uint8_t { plain, script, script_type, style, url, srcset, meta_content };

struct html_context {
  place where = place::text;
  delimiter ends_with = delimiter::none;
  url_part part = url_part::start;
  slash slash_is = slash::regexp;
  attribute kind = attribute::plain;
  element in = element::other;
  std::vector<int> braces; ///< of each `${` of a script that is open: how many `{` in it are

  bool operator==(const html_context& o) const;
  bool operator!=(const html_context& o) const { return !(*this == o); }
};

/// For error texts and as a key: "text", "the value of an attribute in double quotes".
std::string description(const html_context& c);

bool is_comment(place p);
/// Strings, regular expressions, templates.
bool is_script_literal(place p);

/// What reading some text leads to.
struct step {
  html_context to;
  std::size_t read = 0;    ///< bytes; 0 only when the context changes
  std::size_t comment = 0; ///< so many of them, the last, begin a comment
};

/// Reads text of a template up to where the context changes, or all of it. `text` is not empty, and does not
/// reach beyond the end of an attribute's value. Throws failure(other) for what no browser would understand.
step read_text(const html_context& from, std::string_view text);

/// The place that a value of an attribute begins in.
place first_place(attribute kind);

namespace transition {
step script(const html_context& from, std::string_view text);
step script_literal(const html_context& from, std::string_view text);
step script_template(const html_context& from, std::string_view text);
step style(const html_context& from, std::string_view text);
step style_text(const html_context& from, std::string_view text);
step url(const html_context& from, std::string_view text);
step block_comment(const html_context& from, std::string_view text);
step line_comment(const html_context& from, std::string_view text);
} // namespace transition

/// The first place of one of `bytes` in `text` from `from` on; npos: none.
inline std::size_t find_any(std::string_view text, std::string_view bytes, std::size_t from = 0) {
  return text.find_first_of(bytes, from);
}

} // namespace argosy::markup
