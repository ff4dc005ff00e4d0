#pragma once

#include <memory>
#include <string>

#include "actors/jobs/job.hpp"
#include "actors/sync/sharing.hpp"

namespace argosy {

/// Runs sync/copy, sync/sync or sync/move as this job, from the two fs texts to its end (rc-surface 3.6).
/// Ends the job with `{}` or the error. `sharing` is the way to nodes that may help; empty: there are none.
void run_sync(job_context& job, const std::string& source, const std::string& destination, sync_order order,
              std::shared_ptr<const job_sharing> sharing = {});

} // namespace argosy
