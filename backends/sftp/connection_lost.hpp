#pragma once

#include <string>

#include "core/failure.hpp"

namespace argosy {

/// The connection to the server is gone, cannot be had for now, or makes no sense any more. Another one may
/// do.
class connection_lost : public failure {
public:
  explicit connection_lost(const std::string& text) : failure(failure_kind::retryable, text) {}
};

} // namespace argosy
