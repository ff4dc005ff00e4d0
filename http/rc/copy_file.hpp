#pragma once

#include <string>

#include "http/rc/operation.hpp"

namespace argosy::rc {

/// One file or directory, as the parameters of a call name it.
struct file_place {
  std::string fs;   ///< text of the remote
  std::string path; ///< below its root
};

/// operations/copyfile and operations/movefile: one file from one place to another, unless it is there
/// already (rc-surface 3.6.4). Filters do not matter. Ends the job.
void copy_file(job_context& job, const file_place& from, const file_place& to, bool moving);

} // namespace argosy::rc
