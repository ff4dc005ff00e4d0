#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cluster/cluster_disks.hpp"
#include "actors/cluster/gate.hpp"
#include "actors/cluster/membership.hpp"
#include "actors/cluster/messages.hpp"
#include "actors/cluster/settings.hpp"
#include "actors/cluster/sharing.hpp"
#include "actors/jobs/job.hpp"
#include "actors/jobs/job_numbers.hpp"
#include "actors/services.hpp"
#include "metrics/cluster_probe.hpp"

/// Several daemons that act as one (docs/cluster.md).
namespace argosy {

/// What other nodes may ask of a node. Everything is a value that crosses the wire, and nothing is asked
/// without a time-out: a request to a node that is gone is never answered.
using node_actor = caf::typed_actor<
    // Name and incarnation of the other node, and the actor that acts for it. Error: failed, when that node
    // was not let in.
    caf::replies_to<link_atom, std::string, std::uint64_t, caf::strong_actor_ptr>::with<void>,
    // The node of that name is alive, and how busy it is.
    caf::reacts_to<heard_atom, std::string, std::uint64_t, node_report>,
    // The jobs of that node, which go on elsewhere should it be lost.
    caf::reacts_to<heard_atom, std::string, std::uint64_t, std::vector<job_summary>>,
    // It is to go on with a job that was lost. Errors: failed, when it cannot begin it.
    caf::replies_to<adopt_atom, job_summary>::with<void>,
    // It ends; the answer means that it may.
    caf::replies_to<bye_atom, std::string, std::uint64_t>::with<void>,
    // It begins nothing new from now on; `false`: it does again.
    caf::replies_to<drain_atom, bool>::with<void>,
    // It may help with a job; the planner hears from a worker, or why there is none.
    caf::reacts_to<offer_atom, share_offer, caf::strong_actor_ptr>,
    // What the job table and the statistics of this node alone say; the text is its execute id. Errors:
    // theirs.
    caf::replies_to<status_atom, job_id>::with<job_status, std::string>,
    caf::replies_to<list_atom>::with<job_lists>, caf::replies_to<stop_atom, job_id>::with<void>,
    caf::replies_to<stop_atom, std::string>::with<void>,
    caf::replies_to<caf::get_atom, std::string>::with<stats_snapshot>,
    caf::replies_to<caf::flush_atom, std::string>::with<std::vector<transfer_record>>>;

/// Names of nodes that did not answer.
using node_names = std::vector<std::string>;

/// The cluster as seen from this node: one actor.
using cluster_actor = node_actor::extend<
    // From the gate.
    caf::reacts_to<called_atom, gate::visit>,
    caf::reacts_to<opened_atom, std::uint64_t, std::shared_ptr<gate::socket_end>>,
    caf::reacts_to<answered_atom, gate::reply>,
    // To itself.
    caf::reacts_to<caf::tick_atom>,
    // -> all nodes, this one first.
    caf::replies_to<nodes_atom>::with<std::vector<node_view>>,
    // The same questions to all nodes. A node that does not answer within some seconds is named; none is
    // waited for longer. A job that only such a node could know: error that names it.
    // -> its status, the execute id and the name of its node, and what is known of a job that was lost.
    caf::replies_to<all_atom, status_atom, job_id>::with<job_status, std::string, std::string,
                                                         std::vector<job_summary>>,
    caf::replies_to<all_atom, list_atom>::with<job_lists, node_names>,
    caf::replies_to<all_atom, stop_atom, job_id>::with<void>,
    caf::replies_to<all_atom, stop_atom, std::string>::with<node_names>,
    caf::replies_to<all_atom, caf::get_atom, std::string>::with<stats_snapshot, node_names>,
    caf::replies_to<all_atom, caf::flush_atom, std::string>::with<std::vector<transfer_record>, node_names>,
    // The same of the node of that name. Error: failed, when there is none or it does not answer in time.
    caf::replies_to<all_atom, drain_atom, std::string, bool>::with<void>,
    // The node of that name, or this one without a name, goes on with a lost job. -> its name. Errors:
    // failed, when no such job is known as lost, and what that node answers.
    caf::replies_to<all_atom, adopt_atom, job_id, std::string>::with<std::string>,
    // An offer to all nodes that are up and take work, but for those with these names.
    caf::reacts_to<share_atom, share_offer, node_names, caf::strong_actor_ptr>,
    // Another node has done so much more of that job.
    caf::reacts_to<share_atom, job_id, node_share>,
    // -> what other nodes have done of it.
    caf::replies_to<share_atom, job_id>::with<std::vector<node_share>>,
    // Tells the others that this node ends, then ends itself.
    caf::replies_to<stop_atom>::with<void>>;

/// What the actor system needs before it is made: CAF's middleman, which opens no port, and our messages.
void prepare_for_cluster(caf::actor_system_config& config);

/// The gate and the actor of this node.
class cluster_node {
public:
  /// What a node uses of its daemon. Outlives it; `numbers` follow the number of the node.
  struct surroundings {
    caf::actor_system& system;
    services& with;
    directory around;
    job_numbers& numbers;
    configuration& config;
    const storage_table& storages;
    std::map<std::string, std::string> flags; ///< of storages
    /// Begins a job that another node had, under the same id. Throws failure.
    std::function<void(const job_summary&)> adopt;
  };
  /// Begins at once. Throws failure that names what is wrong.
  cluster_node(const surroundings& daemon, const cluster_settings& given);
  /// Says goodbye to the others and closes the gate.
  ~cluster_node();
  cluster_node(const cluster_node&) = delete;
  cluster_node& operator=(const cluster_node&) = delete;

  const cluster_actor& actor() const { return actor_; }
  const std::string& address() const { return own_.address; }
  /// What the storage `node` works with.
  const std::shared_ptr<cluster_disks>& disks() const { return disks_; }
  /// Whether this node is to begin nothing new. Any thread.
  bool draining() const { return draining_; }
  /// For jobs that other nodes may help with.
  const std::shared_ptr<const job_sharing>& sharing() const { return sharing_; }

private:
  caf::actor_system& system_;
  cluster_probe probe_;
  std::atomic<bool> draining_{false};
  std::optional<gate> gate_;
  const hello own_;
  std::shared_ptr<cluster_disks> disks_;
  cluster_actor actor_;
  std::shared_ptr<const job_sharing> sharing_;
};

} // namespace argosy

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(argosy::gate::visit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(argosy::gate::reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<argosy::gate::socket_end>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<argosy::node_view>)
