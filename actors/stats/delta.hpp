#pragma once

#include "actors/messages.hpp"
#include "core/failure.hpp"

namespace argosy {

/// Adds what `more` counts to `sum`. Its list of finished items stays where it is: who keeps one has rules
/// for it.
void add_figures(stats_delta& sum, const stats_delta& more);

/// Counts one error by rclone's rule (rc-surface 3.2): a fatal one is not retryable, nor is one that says so.
void add_error(stats_delta& sum, const failure_info& why);

} // namespace argosy
