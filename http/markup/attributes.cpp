#include <algorithm>
#include <array>

#include "http/markup/escapers.hpp"

namespace argosy::markup {

namespace {

// HTML's attributes by what they hold (Go's html/template has the same opinion). Those that are not named are
// plain text, unless their name says more.
constexpr std::array<std::string_view, 18> urls{
    "action", "archive",  "background", "cite",   "classid", "codebase", "data",   "formaction", "href",
    "icon",   "longdesc", "manifest",   "poster", "profile", "src",      "usemap", "xmlns",      ""};

// What decides about encodings, targets and meanings: no value may name them.
constexpr std::array<std::string_view, 21> dangerous{"accept-charset",
                                                     "async",
                                                     "challenge",
                                                     "charset",
                                                     "content",
                                                     "crossorigin",
                                                     "defer",
                                                     "enctype",
                                                     "form",
                                                     "formenctype",
                                                     "formmethod",
                                                     "formnovalidate",
                                                     "http-equiv",
                                                     "keytype",
                                                     "language",
                                                     "method",
                                                     "novalidate",
                                                     "pattern",
                                                     "rel",
                                                     "sandbox",
                                                     "type"};

// Texts whose names would otherwise read as handlers or links.
constexpr std::array<std::string_view, 1> texts{"srclang"};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

} // namespace

attribute_content content_of_attribute(std::string_view name) {
  if (name.substr(0, 5) == "data-") {
    name.remove_prefix(5);
  } else if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    if (name.substr(0, colon) == "xmlns") return attribute_content::url;
    name.remove_prefix(colon + 1);
  }
  if (is_one_of(texts, name)) return attribute_content::plain;
  if (name == "value" || is_one_of(dangerous, name)) return attribute_content::unsafe;
  if (!name.empty() && is_one_of(urls, name)) return attribute_content::url;
  if (name == "srcset") return attribute_content::srcset;
  if (name == "srcdoc") return attribute_content::html;
  if (name == "style") return attribute_content::css;
  if (name.substr(0, 2) == "on") return attribute_content::js;
  // Attributes of one's own that hold links.
  if (holds(name, "src") || holds(name, "uri") || holds(name, "url")) return attribute_content::url;
  return attribute_content::plain;
}

} // namespace argosy::markup
