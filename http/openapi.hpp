#pragma once

#include <string>

#include "http/rc/command.hpp"

namespace argosy {

/// What the document depends on beside the commands.
struct openapi_setting {
  std::string version;      ///< of rclone that the daemon stands in for
  bool seed_rights = false; ///< --rc-auth-compat=seed
};

/// The OpenAPI 3.1 document of the remote control, made from the table that dispatches. About 300 KB of JSON
/// and 10 ms of work.
std::string openapi_document(const rc::command_table& commands, const openapi_setting& setting);

} // namespace argosy
