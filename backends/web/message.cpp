#include "backends/web/message.hpp"

#include <algorithm>
#include <charconv>

#include "core/failure.hpp"
#include "core/header_text.hpp"
#include "core/time_text.hpp"

namespace argosy::web {

void field_list::add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }

const std::string& field_list::get(std::string_view name) const {
  static const std::string none;
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const auto& field) { return same_header(field.first, name); });
  return found == fields_.end() ? none : found->second;
}

bool field_list::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return same_header(field.first, name); });
}

std::optional<wait_clock::duration> retry_after(const field_list& fields) {
  const auto& text = fields.get("retry-after");
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, seconds);
      read.ec == std::errc{} && read.ptr == end) {
    constexpr std::int64_t year = 365 * 24 * 3600; // nobody waits longer; and it does not overflow
    return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, year)};
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::chrono::seconds{std::max<std::int64_t>(0, *date - now() / 1'000'000'000)};
}

bool is_transient(int status) {
  switch (status) {
  case 408: // Request Timeout
  case 423: // Locked
  case 425: // Too Early
  case 429: // Too Many Requests
  case 500:
  case 502:
  case 503:
  case 504:
  case 509: return true; // Bandwidth Limit Exceeded
  default: return false;
  }
}

void fail_with(const answer& why, const std::string& text) {
  if (is_transient(why.status)) throw transient_failure{text, retry_after(why.fields)};
  switch (why.status) {
  case 401:
  case 403: fail(failure_kind::permission_denied, text);
  case 404:
  case 410: fail(failure_kind::object_not_found, text);
  default: fail(failure_kind::other, text);
  }
}

} // namespace argosy::web
