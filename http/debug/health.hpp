#pragma once

#include <functional>

#include "core/json.hpp"
#include "http/rc/command.hpp"

namespace argosy {

/// How the daemon does: {status: "ok" or "failing", problems: texts, ready, version, uptime, actors, ...}.
/// Asks its standing actors and an I/O thread; those that do not answer within 3 s are problems, so it always
/// comes back. Called in the job's actor, as `then` is.
void ask_for_health(job_context& job, const rc::daemon& d, std::function<void(const json&)> then);

} // namespace argosy
