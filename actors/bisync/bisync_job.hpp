#pragma once

#include <string>

#include "actors/bisync/bisync.hpp"
#include "actors/jobs/job.hpp"

namespace argosy {

/// Runs sync/bisync as this job, from the two fs texts to its end. Ends the job with the names of the working
/// files and the output, or the error. `backups`: a folder of its own for what is overwritten or removed on
/// each side, instead of backup_dir; empty: none.
void run_bisync(job_context& job, const std::array<std::string, 2>& paths,
                const std::array<std::string, 2>& backups, bisync_order order);

} // namespace argosy
