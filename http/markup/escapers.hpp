#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/markup/syntax.hpp"

namespace argosy::markup {

/// What stands in the page instead of a value that would do harm where it stands.
inline constexpr const char* refused_value = "ZgotmplZ";

/// The values as text that means nothing but itself in a place of that kind, as Go's html/template writes it.
/// The text is itself a value: several kinds may follow one another.
std::string escaped(escaping how, const std::vector<value>& arguments);

/// Text for a string of a script, by the rules of Go's text/template.
std::string js_escaped(std::string_view text);

/// What an attribute's value is made of, by the attribute's name in lower case.
enum class attribute_content { plain, url, srcset, css, js, html, unsafe };
attribute_content content_of_attribute(std::string_view name);

/// A text of CSS without its escapes.
std::string decode_css(std::string_view text);

} // namespace argosy::markup
