#pragma once

#include <caf/actor_system.hpp>

#include "actors/transfers/run_files.hpp"

namespace argosy {

/// An actor for one run of files: leases a connection of each side, lets an I/O thread work through the run,
/// reports to the stats group and to its plan, and ends. Cancelled through the environment's flag.
transfer_actor spawn_transfer(caf::actor_system& system, std::shared_ptr<const run_environment> around,
                              file_run run, sync_actor plan);

} // namespace argosy
