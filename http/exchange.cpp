#include "http/exchange.hpp"

#include <algorithm>

#include "core/header_text.hpp"

namespace argosy {

std::string_view http_request::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [name](const auto& field) { return same_header(field.first, name); });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

bool http_request::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const auto& field) { return same_header(field.first, name); });
}

http_reply http_reply::text(int status, std::string content_type, std::string body) {
  http_reply reply;
  reply.status = status;
  reply.content_type = std::move(content_type);
  if (!body.empty()) reply.body.push_back(std::make_shared<const std::string>(std::move(body)));
  return reply;
}

http_reply http_reply::plain_error(int status, std::string_view text) {
  auto reply = http_reply::text(status, "text/plain; charset=utf-8", std::string{text} + "\n");
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return reply;
}

} // namespace argosy
