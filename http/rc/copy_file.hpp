#pragma once

#include <string>

#include "http/rc/operation.hpp"

namespace argosy::rc {

/// operations/copyfile and operations/movefile: one file from work.at() to work.to(), unless it is there
/// already (rc-surface 3.6.4). Filters do not matter.
void copy_file(operation& work, const std::string& from, const std::string& to, bool moving);

} // namespace argosy::rc
