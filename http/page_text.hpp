#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// Text for HTML, also between quotes, with Go's names of the five characters.
std::string escape_html(std::string_view text);

/// A relative path as a link, as Go's url.URL writes it: `./` in front when it would read as one with a
/// scheme.
std::string path_link(std::string_view path);

} // namespace argosy
