#pragma once

#include <string>

#include "actors/jobs/job.hpp"
#include "actors/sync/sync.hpp"

namespace argosy {

/// Runs sync/copy, sync/sync or sync/move as this job, from the two fs texts to its end (rc-surface 3.6).
/// Ends the job with `{}` or the error.
void run_sync(job_context& job, const std::string& source, const std::string& destination, sync_order order);

} // namespace argosy
