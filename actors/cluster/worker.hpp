#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/cluster/messages.hpp"
#include "actors/services.hpp"
#include "actors/sync/sharing.hpp"
#include "backends/table.hpp"

namespace argosy {

/// Does runs of a job that another node plans. To its transfers it is the plan and the stats group; what they
/// tell goes to the planner.
using worker_actor = sync_actor::extend<
    // From the planner: runs under lease.
    caf::reacts_to<lease_atom, std::vector<file_run>>,
    // From the planner: to give back so many runs that are not begun.
    caf::reacts_to<return_atom, std::uint64_t>,
    // From the planner: the job is stopped. What is under way is cut short, and told.
    caf::reacts_to<stop_atom>,
    // Nobody takes what it does any more: it ends as soon as nothing is under way.
    caf::reacts_to<caf::close_atom>,
    // This node begins nothing more: what is under way is the last.
    caf::reacts_to<drain_atom>,
    // To itself: results wait.
    caf::reacts_to<caf::put_atom>>::extend_with<stats_group_actor>;

/// What workers use of their node. Outlives them.
struct worker_tools {
  services& with;
  const storage_table& storages;
  std::vector<std::string> shared; ///< local folders that all nodes have, in plain absolute form
  /// Where the work is counted here: nobody sees it, as the planner counts it among its own.
  struct unseen_figures {
    prometheus::Registry registry;
    transfer_probe probe{registry};
  };
  std::unique_ptr<unseen_figures> unseen = std::make_unique<unseen_figures>();
};

/// Looks whether this node reaches both sides, then tells `planner` that it is ready, or why not.
worker_actor spawn_worker(caf::actor_system& system, std::shared_ptr<const worker_tools> tools,
                          share_offer offer, const caf::strong_actor_ptr& planner);

} // namespace argosy
