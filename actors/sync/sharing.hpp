#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <caf/actor_control_block.hpp>

#include "actors/actors.hpp"
#include "actors/cluster/messages.hpp"
#include "actors/sync/sync.hpp"

/// How a plan lets other nodes help, seen from the plan (docs/cluster.md). What they are is not its business.
namespace argosy {

/// A plan that may let other nodes help.
using planner_actor = sync_actor::extend<
    // That helper has room for more; so many nodes take part, this one included.
    caf::reacts_to<caf::get_atom, std::uint64_t, std::uint64_t>,
    // These runs are not done, and nobody does them any more; `true`: somebody may have begun them.
    caf::reacts_to<return_atom, std::vector<std::uint64_t>, bool>>;

/// Gives runs of one plan to other nodes under leases: each run comes back to the plan, as a report or by
/// return_atom, and from one node only. A lease is known by the number of its run, which is never used again.
using sharing_actor = caf::typed_actor<
    // From the plan: runs for a helper that has asked for more.
    caf::reacts_to<caf::put_atom, std::uint64_t, std::vector<file_run>>,
    // From the plan: nothing waits any more; and whether this node itself has nothing to do. Wishes that were
    // not met are forgotten.
    caf::reacts_to<caf::idle_atom, bool>,
    // From the plan: it gives up. What is out ends soon.
    caf::reacts_to<stop_atom>,
    // That node is asked for help under this number, which says who a helper is from now on.
    caf::reacts_to<offer_atom, std::uint64_t, std::string>,
    // From a helper: it is ready, or, without a handle, it is not, with the reason.
    caf::reacts_to<link_atom, std::uint64_t, caf::strong_actor_ptr, std::string>,
    // From a helper: how far it is. Each second, and when it has room for more.
    caf::reacts_to<report_atom, helper_report>,
    // From a helper: runs that are done.
    caf::reacts_to<finished_atom, std::uint64_t, std::vector<run_result>>,
    // From a helper: runs that it has not begun and will not begin.
    caf::reacts_to<return_atom, std::uint64_t, std::vector<std::uint64_t>>,
    // To itself.
    caf::reacts_to<caf::tick_atom>, caf::reacts_to<resume_atom, continuation>>;

/// The way from a plan to the other nodes. Any thread.
class job_sharing {
public:
  virtual ~job_sharing() = default;
  /// Whether the other nodes reach what this one reaches: servers, and local folders that all have.
  virtual bool reaches(const storage_info& info) const = 0;
  /// An actor for one plan, which ends with it.
  virtual sharing_actor begin(std::shared_ptr<const run_environment> around, planner_actor plan) const = 0;
};

/// As spawn_sync(), of a plan that lets other nodes help where that is possible.
planner_actor spawn_shared_sync(caf::actor_system& system, std::shared_ptr<const run_environment> around,
                                sync_order order, std::shared_ptr<const job_sharing> sharing,
                                std::function<void(sync_result)> done);

/// Files, and the bytes of those whose size is known.
struct work_amount {
  std::uint64_t files = 0, bytes = 0;
};

/// Whether what waits is worth the cost of asking others, which is some ten milliseconds for each: it would
/// take a second or longer, judged by what was done in `elapsed` seconds.
bool worth_sharing(const work_amount& waiting, const work_amount& done, double elapsed);

/// How much one of `nodes` gets at once of what waits: less and less, so that all end together (guided
/// self-scheduling). At least one file.
work_amount next_portion(const work_amount& waiting, std::size_t nodes);

} // namespace argosy
