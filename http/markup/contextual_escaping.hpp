#pragma once

#include "http/markup/syntax.hpp"

namespace argosy::markup {

/// The templates that `main_template` needs, each once for every kind of place that it is called in, with an
/// escaping at each value that fits where it stands, and without comments, as Go's html/template does it.
/// Throws failure(other), with the line, where no escaping could be right: branches that end in different
/// places, a value in an ambiguous place, HTML that no browser would understand.
template_set add_escaping(const template_set& templates);

} // namespace argosy::markup
