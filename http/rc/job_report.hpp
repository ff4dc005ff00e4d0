#pragma once

#include "http/rc/command.hpp"

namespace argosy::rc {

/// job/report: what became of each file of a job, as pages or as a stream of lines.
void report(job_context& job, const daemon& d);

/// job/retry: becomes the call that a job was, for what failed in it.
void retry(job_context& job, const daemon& d);

/// The account of a job as an object.
void write_account(json_writer& w, const file_account& account);

} // namespace argosy::rc
