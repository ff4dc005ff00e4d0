#pragma once

#include <cstdint>
#include <optional>

#include "http/exchange.hpp"

namespace argosy {

/// What the conditions of a GET or HEAD come to (RFC 9110 13), for content that has no entity tag.
struct conditions {
  int status = 0;     ///< 304 or 412 is the whole answer; 0: go on
  bool ranges = true; ///< If-Range holds, or there is none
};

/// `modified` in seconds since 1970; nothing: unknown.
conditions check_conditions(const http_request& request, std::optional<std::int64_t> modified);

} // namespace argosy
