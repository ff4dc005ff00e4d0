#include "backends/http/page_names.hpp"

#include "backends/web/url.hpp"

namespace argosy {

std::optional<std::string> name_of_link(const std::string& page_url, const std::string& href) {
  const auto target = web::join_url(page_url, href);
  if (!target || target->find('?') != std::string::npos) return std::nullopt;
  const auto page = web::parse_url(page_url), there = web::parse_url(*target);
  if (!page || !there || page->authority() != there->authority() || page->scheme != there->scheme)
    return std::nullopt;
  const auto folder = web::unescape(page->path), path = web::unescape(there->path);
  if (path.compare(0, folder.size(), folder) != 0) return std::nullopt;
  auto name = path.substr(folder.size());
  if (name.empty() || name == "/") return std::nullopt;
  const auto slash = name.find('/');
  if (slash != std::string::npos && slash != name.size() - 1) return std::nullopt;
  return name;
}

std::string url_below(const std::string& url, std::string_view path, bool escape) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return url + (escape ? web::escape_path(path) : std::string{path});
}

} // namespace argosy
