#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace argosy {

/// The name that a link on the page of a directory stands for, with a slash at its end if it is a directory.
/// Nothing for links that lead elsewhere: to another server, out of the directory or deeper into it, to the
/// page itself, or with a query, as those that only sort the page.
std::optional<std::string> name_of_link(const std::string& page_url, const std::string& href);

/// `url` with `path` below it; escaped as Go does unless `escape` is false.
std::string url_below(const std::string& url, std::string_view path, bool escape = true);

} // namespace argosy
