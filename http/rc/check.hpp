#pragma once

#include "actors/jobs/job.hpp"

namespace argosy::rc {

/// operations/check (rc-surface 1.9): two trees, or one tree and a file of hashes. Goes through directories
/// in batches on one I/O thread and compares the files of a batch on several; memory holds a batch, the
/// directories still to visit, and what is reported.
void check(job_context& job);

} // namespace argosy::rc
