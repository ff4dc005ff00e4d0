#include "http/listing_page.hpp"

#include <algorithm>
#include <utility>

#include "core/unicode.hpp"
#include "http/page_text.hpp"

namespace argosy {

namespace {

constexpr const char* head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
h1 { font-size: 1.3em; font-weight: normal; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .3em .5em; text-align: left; }
td:first-child { overflow-wrap: anywhere; white-space: pre-wrap; }
th:nth-child(n+2), td:nth-child(n+2) { text-align: right; white-space: nowrap; }
a { text-decoration: none; }
</style>
)";

constexpr nanoseconds second = 1'000'000'000;

// What a page says of a time: the second is enough.
std::string time_text(nanoseconds time) { return format_rfc3339(time - time % second, 0); }

// A column's title, which arranges by it, and the other way round when it already does.
std::string column(const listing_page& page, const char* by, const char* text) {
  const bool turned = page.sort == by && page.order != "desc";
  return std::string{"<th><a href=\"?sort="} + by + "&amp;order=" + (turned ? "desc" : "asc") + "\">" + text +
         "</a></th>";
}

} // namespace

listing_page::listing_page(std::string_view folder) :
    directory(folder), name("/" + directory), title("Directory listing of " + name) {
  std::vector<std::string_view> parts{"/"};
  for (auto rest = folder; !rest.empty();) {
    const auto slash = rest.find('/');
    parts.push_back(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string up;
    for (auto left = parts.size() - i - 1; left > 0; --left) up += "../";
    breadcrumb.push_back({std::move(up), std::string{parts[i]}});
  }
}

void listing_page::add(std::string_view leaf, bool is_directory, std::int64_t size,
                       std::optional<nanoseconds> modified) {
  auto shown = std::string{leaf} + (is_directory ? "/" : "");
  auto link = path_link(shown);
  entries.push_back({std::move(shown), std::move(link), is_directory, size, modified});
}

void listing_page::arrange(std::string by, std::string in_order) {
  sort = std::move(by);
  order = std::move(in_order);
  struct keyed {
    std::string name; // in lower case
    std::size_t place;
  };
  std::vector<keyed> keys;
  keys.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) keys.push_back({to_lower(entries[i].leaf), i});
  const auto before = [&](const keyed& a, const keyed& b) {
    const auto& x = entries[a.place];
    const auto& y = entries[b.place];
    if (sort == "time") return x.modified.value_or(INT64_MIN) < y.modified.value_or(INT64_MIN);
    if (sort != "name" && x.is_directory != y.is_directory) return x.is_directory;
    if (sort == "size" && !x.is_directory) return x.size < y.size;
    return a.name < b.name;
  };
  std::stable_sort(keys.begin(), keys.end(), [&](const keyed& a, const keyed& b) {
    return order == "desc" ? before(b, a) : before(a, b);
  });
  std::vector<entry> arranged;
  arranged.reserve(entries.size());
  for (const auto& key : keys) arranged.push_back(std::move(entries[key.place]));
  entries = std::move(arranged);
}

std::string listing_page::html() const {
  std::string out = head;
  out += "<title>" + escape_html(title) + "</title>\n</head>\n<body>\n<h1>";
  for (const auto& part : breadcrumb) {
    out += "<a href=\"" + escape_html(path_link(part.link)) + "\">" + escape_html(part.text) + "</a>";
    if (&part != &breadcrumb.front()) out += "/";
  }
  out += "</h1>\n<table>\n<thead><tr>" + column(*this, "namedirfirst", "Name") +
         column(*this, "size", "Size") + column(*this, "time", "Modified") +
         "</tr></thead>\n<tbody>\n<tr><td><a href=\"..\">Go up</a></td><td></td><td></td></tr>\n";
  for (const auto& one : entries) {
    out += "<tr><td><a href=\"" + escape_html(one.url) + "\">" + escape_html(one.leaf) + "</a></td><td>";
    if (!one.is_directory && one.size >= 0) out += std::to_string(one.size);
    out += "</td><td>";
    if (one.modified) {
      const auto text = time_text(*one.modified);
      out += "<time datetime=\"" + text + "\">" + text + "</time>";
    }
    out += "</td></tr>\n";
  }
  return out += "</tbody>\n</table>\n</body>\n</html>\n";
}

} // namespace argosy
