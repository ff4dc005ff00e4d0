#include "http/error_reply.hpp"

namespace argosy {

int status_of(const failure_info& why) {
  switch (why.kind) {
  case failure_kind::bad_parameter: return 400;
  case failure_kind::not_authorized: return 403;
  case failure_kind::unknown_command:
  case failure_kind::directory_not_found:
  case failure_kind::object_not_found: return 404;
  default: return 500;
  }
}

std::string error_object(const failure_info& why, const std::string& path, const json& input) {
  return json_text(json{{"error", why.text}, {"input", input}, {"path", path}, {"status", status_of(why)}});
}

http_reply error_reply(const failure_info& why, const std::string& path, const json& input) {
  return http_reply::text(status_of(why), json_type, error_object(why, path, input) + '\n');
}

} // namespace argosy
