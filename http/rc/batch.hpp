#pragma once

#include "http/rc/command.hpp"

namespace argosy::rc {

/// job/batch (rc-surface 1.7): each input is a job of its own, at most `concurrency` at once; one after the
/// other when that is 1 or less. When the batch is stopped, so are its jobs.
void batch(job_context& job, const daemon& d);

} // namespace argosy::rc
