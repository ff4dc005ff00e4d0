#include "http/serve/page_reply.hpp"

#include "core/failure.hpp"

namespace argosy {

http_reply page_reply(const listing_page& page, const markup::page_template* look, logger& log) {
  constexpr const char* html = "text/html; charset=utf-8";
  if (look == nullptr) return http_reply::text(200, html, page.html());
  try {
    return http_reply::text(200, html, look->render(page));
  } catch (const failure& why) {
    log.write(log_level::error, page.directory + ": Failed to render template: " + why.what());
    return http_reply::plain_error(500, "Failed to render template.");
  }
}

} // namespace argosy
