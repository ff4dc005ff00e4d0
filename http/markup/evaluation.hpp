#pragma once

#include <string>

#include "http/listing_page.hpp"
#include "http/markup/syntax.hpp"

namespace argosy::markup {

/// What the main template makes of the page. Throws failure(other) with the line.
std::string evaluate(const template_set& templates, const listing_page& page);

} // namespace argosy::markup
