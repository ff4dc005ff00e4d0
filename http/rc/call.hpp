#pragma once

#include <string>

#include "http/rc/command.hpp"

/// What every way to make a call shares: over HTTP and in a batch.
namespace argosy::rc {

/// Takes the special parameters and the options out of the input (rc-surface 2.6) and puts all that the job
/// needs into `call`, whose id is set. May read the files that filter options name. Throws failure.
void read_special_parameters(const json& input, const command& row, const daemon& d, job_request& call);

/// The command as the work of a job. `row` and `d` outlive it.
job_work work_of(const command& row, const daemon& d);

/// What a call that goes on in the background is answered, as JSON laid out at depth 0.
std::string started_object(job_id id, const daemon& d);

} // namespace argosy::rc
