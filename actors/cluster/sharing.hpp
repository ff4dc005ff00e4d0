#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/links/configuration.hpp"
#include "actors/sync/sharing.hpp"
#include "backends/table.hpp"
#include "metrics/cluster_probe.hpp"

namespace argosy {

/// A helper that says nothing for so long loses its leases. It reports each second.
constexpr auto lease_term = std::chrono::seconds(6);
/// Who did not answer an offer, or refused it, is asked again.
constexpr auto offer_pause = std::chrono::seconds(15);

/// Hands an offer to the nodes that are up and take work, but for those whose names are in `skip`. The
/// planner hears of each by offer_atom, before that node does.
using ask_for_help =
    std::function<void(share_offer offer, std::vector<std::string> skip, caf::strong_actor_ptr planner)>;

/// What all shared jobs of a node use. Outlives them.
struct sharing_tools {
  std::string node; ///< name of this one
  configuration& config;
  const storage_table& storages;
  std::map<std::string, std::string> flags; ///< of storages
  cluster_probe probe;
  ask_for_help ask;
  std::function<void(job_id job, node_share more)> helped; ///< told what others have done
};

/// The planner's side of one shared job (actors/sync/sharing.hpp).
sharing_actor spawn_sharing(caf::actor_system& system, std::shared_ptr<const sharing_tools> tools,
                            std::shared_ptr<const run_environment> around, planner_actor plan);

} // namespace argosy
