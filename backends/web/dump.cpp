#include "backends/web/dump.hpp"

#include <array>

#include "core/header_text.hpp"
#include "core/options.hpp"

namespace argosy::web {

namespace {

constexpr std::int64_t anything = dump_headers | dump_bodies | dump_auth | dump_requests | dump_responses;
constexpr std::array secret_fields{"authorization",
                                   "proxy-authorization",
                                   "x-auth-token",
                                   "cookie",
                                   "set-cookie",
                                   "x-amz-security-token",
                                   "x-amz-server-side-encryption-customer-key",
                                   "x-amz-copy-source-server-side-encryption-customer-key"};

// A line of a header without what nobody else may know.
std::string harmless(std::string_view line) {
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    for (const auto* secret : secret_fields)
      if (same_header(line.substr(0, colon), secret)) return std::string{line.substr(0, colon)} + ": XXXX";
  // A request line: signatures stand in the query.
  const auto query = line.find('?');
  if (colon == std::string_view::npos || query < colon)
    if (const auto end = line.rfind(" HTTP/");
        query != std::string_view::npos && end != std::string_view::npos)
      return std::string{line.substr(0, query)} + "?XXXX" + std::string{line.substr(end)};
  return std::string{line};
}

} // namespace

bool dump::wanted(std::int64_t what, const logger& log) {
  return (what & anything) != 0 && log.enabled(log_level::debug);
}

void dump::attach(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &dump::on_data);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
}

int dump::on_data(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
  auto& here = *static_cast<dump*>(self);
  const std::string_view text{data, size};
  try {
    switch (type) {
    case CURLINFO_HEADER_OUT: here.header_sent(text); break;
    case CURLINFO_HEADER_IN: here.header_line(text); break;
    case CURLINFO_DATA_OUT:
      if (here.has(dump_bodies | dump_requests)) here.log_.write(log_level::debug, text);
      break;
    case CURLINFO_DATA_IN:
      if (here.has(dump_bodies | dump_responses)) here.log_.write(log_level::debug, text);
      break;
    default: break;
    }
  } catch (const std::bad_alloc&) {
    here.answer_.clear(); // a log without this is better than a transfer without its end
  }
  return 0;
}

void dump::header_sent(std::string_view lines) {
  std::string shown = "HTTP REQUEST";
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) shown += "\n" + (has(dump_auth) ? std::string{line} : harmless(line));
  }
  log_.write(log_level::debug, shown);
}

void dump::header_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (!line.empty()) {
    answer_ += "\n" + (has(dump_auth) ? std::string{line} : harmless(line));
    return;
  }
  log_.write(log_level::debug, "HTTP RESPONSE" + answer_);
  answer_.clear();
}

} // namespace argosy::web
