#pragma once

#include <caf/error.hpp>

#include "actors/messages.hpp"
#include "core/failure.hpp"

namespace argosy {

/// A failure as an answer between actors, and back. Any other caf::error (a time-out, an actor that is gone)
/// becomes failure_kind::other with a text that says so; an ended actor becomes "context canceled".
caf::error to_error(const failure_info& failure);
failure_info to_failure(const caf::error& error);

} // namespace argosy
