#include "http/conditions.hpp"

#include "core/header_text.hpp"

namespace argosy {

namespace {

// Whether a list of entity tags names whatever there is. Without a tag nothing else in it can match.
bool names_any(std::string_view list) {
  while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t'))
    list.remove_prefix(1);
  return !list.empty() && list.front() == '*';
}

bool is_entity_tag(std::string_view text) { return text.substr(0, 1) == "\"" || text.substr(0, 3) == "W/\""; }

} // namespace

conditions check_conditions(const http_request& request, std::optional<std::int64_t> modified) {
  if (!request.header("If-Match").empty()) {
    if (!names_any(request.header("If-Match"))) return {412, true};
  } else if (modified) {
    const auto since = parse_http_date(request.header("If-Unmodified-Since"));
    if (since && *modified > *since) return {412, true};
  }
  if (!request.header("If-None-Match").empty()) {
    if (names_any(request.header("If-None-Match"))) return {304, true};
  } else if (modified) {
    const auto since = parse_http_date(request.header("If-Modified-Since"));
    if (since && *modified <= *since) return {304, true};
  }
  const auto unless = request.header("If-Range");
  if (unless.empty()) return {};
  if (is_entity_tag(unless) || !modified) return {0, false};
  return {0, parse_http_date(unless) == modified};
}

} // namespace argosy
