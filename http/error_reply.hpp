#pragma once

#include <string>

#include "core/failure.hpp"
#include "core/json.hpp"
#include "http/exchange.hpp"

namespace argosy {

inline constexpr const char* json_type = "application/json";

/// The error object of rc-surface 2.5, as JSON laid out at depth 0.
std::string error_object(const failure_info& why, const std::string& path, const json& input);
/// The same as a reply, and its status.
http_reply error_reply(const failure_info& why, const std::string& path, const json& input);
int status_of(const failure_info& why);

} // namespace argosy
