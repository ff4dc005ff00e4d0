#pragma once

#include "http/debug/pprof_request.hpp"
#include "http/exchange.hpp"
#include "http/rc/command.hpp"

namespace argosy {

/// Begins to answer a request below /debug/pprof/, as a job that nobody records. What takes its time waits
/// for messages, on no thread. `body` is that of the HTTP request. `ended` is called when nothing more
/// happens. The actor that comes back stops when it is told to. `d` outlives it.
job_actor begin_pprof_call(const rc::daemon& d, pprof_request wanted, std::string body, http_answer answer,
                           std::function<void()> ended);

} // namespace argosy
