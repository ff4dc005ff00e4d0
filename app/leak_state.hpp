#pragma once

#include <string>

#include "app/command_line.hpp"

namespace argosy {

/// The file that keeps the history of the leak watch: --leak-state, else one in the folder for caches that is
/// named after the address, since several daemons may share that folder. Empty: none, also for a daemon on a
/// port that the system chooses, which no later one can be told to continue.
std::string leak_state_file(const settings_of_run& run);

} // namespace argosy
