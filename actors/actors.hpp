#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <caf/typed_actor.hpp>

#include "actors/local_messages.hpp"
#include "actors/messages.hpp"
#include "core/bandwidth_limit.hpp"

/// Every interface of the system. Above each message: what it causes, what comes back, which errors. A
/// message that never answers is `reacts_to`. The files beside tell how to get one of each.
namespace argosy {

// -- stats
// ------------------------------------------------------------------------------------------------------------

/// The counters and lists of one stats group (rc-surface 3.1 to 3.4).
using stats_group_actor = caf::typed_actor<
    // Adds what happened. Never answers.
    caf::reacts_to<caf::add_atom, stats_delta>,
    // A run is under way from now on: its live counters are part of every snapshot.
    caf::reacts_to<started_atom, std::shared_ptr<transfer_progress>>,
    // The run ended: its counters leave the snapshot and the delta, which holds their final values, enters.
    // One message, so that no figure ever steps back.
    caf::reacts_to<finished_atom, std::shared_ptr<transfer_progress>, stats_delta>,
    // -> the figures of this moment.
    caf::replies_to<caf::get_atom>::with<stats_snapshot>,
    // -> finished items in the order they were started.
    caf::replies_to<caf::flush_atom>::with<std::vector<transfer_record>>,
    // Everything to zero; running transfers stay.
    caf::reacts_to<caf::reset_atom>,
    // The moving average: each second while something runs. To itself.
    caf::reacts_to<caf::tick_atom>,
    // -> messages waiting in its mailbox.
    caf::replies_to<depth_atom>::with<std::uint64_t>>;

/// All groups by name, in creation order, at most max_stats_groups of them.
using stats_actor = caf::typed_actor<
    // -> the group of that name, made when it does not exist. The oldest goes when there are too many; its
    // figures stay in the sum.
    caf::replies_to<group_atom, std::string>::with<stats_group_actor>,
    // -> whether there ever was one since the last reset of all, names in creation order, without
    // global_stats.
    caf::replies_to<list_atom>::with<bool, std::vector<std::string>>,
    // -> one group's figures (made when unknown), or with "" the sum over all.
    caf::replies_to<caf::get_atom, std::string>::with<stats_snapshot>,
    // -> finished items of one group, or with "" of all.
    caf::replies_to<caf::flush_atom, std::string>::with<std::vector<transfer_record>>,
    // Zeroes a group; with "" zeroes and forgets all. Error: failed `group "g" not found`.
    caf::replies_to<caf::reset_atom, std::string>::with<void>,
    // Forgets a group. Unknown: nothing happens.
    caf::replies_to<caf::delete_atom, std::string>::with<void>,
    // Changes the bound on the number of groups.
    caf::reacts_to<caf::put_atom, std::uint64_t>, caf::replies_to<depth_atom>::with<std::uint64_t>>;

// -- remotes and connections
// ------------------------------------------------------------------------------------------

/// One connection to a storage: owns its session and lends it.
using connection_actor = caf::typed_actor<
    // -> the session, for the holder of the loan alone. Error: stopping.
    caf::replies_to<lend_atom, job_id>::with<session_loan>,
    // The loan is over; `false`: the session is not to be used again.
    caf::reacts_to<return_atom, bool>,
    // From its pool, now and then: an idle connection that the other side has closed asks to leave.
    caf::reacts_to<caf::tick_atom>,
    // Ends; a session that is lent is closed when it comes back.
    caf::reacts_to<stop_atom>>;

/// The connections of one remote: at most so many at once, kept for the next while they are fresh.
using pool_actor = caf::typed_actor<
    // -> a loan as soon as a connection is free. Errors: what connecting gave; stopping.
    caf::replies_to<lease_atom, job_id>::with<session_loan>,
    // -> that many loans at once. Who needs several must not hold one while waiting for the next, as others
    // do the same. Errors: as above; failed when the remote never has so many connections.
    caf::replies_to<lease_atom, job_id, std::uint64_t>::with<std::vector<session_loan>>,
    // From a connection whose loan came back: it is free.
    caf::reacts_to<caf::idle_atom, connection_actor>,
    // Closes connections that were idle too long, and those that the other side has closed.
    caf::reacts_to<caf::tick_atom>,
    // From an idle connection that the other side has closed: ended unless it was lent meanwhile.
    caf::reacts_to<caf::leave_atom, connection_actor>,
    // Ends the pool and its connections. Waiting leases get the error `stopping`.
    caf::reacts_to<stop_atom>>;

/// A storage, found by its fs text, and the pool of its connections.
struct remote {
  std::shared_ptr<const storage> store;
  pool_actor pool;
  std::optional<std::string> file; ///< the fs pointed at a file: its leaf; `store` is the folder
};

/// The cache of remotes ("Fs cache"): made on first use, forgotten when unused.
using remotes_actor = caf::typed_actor<
    // fs text (2.7), the call's option overrides as JSON -> the remote. Errors: what parsing or making it
    // gave.
    caf::replies_to<caf::open_atom, std::string, std::string>::with<remote>,
    // -> how many are cached.
    caf::replies_to<caf::get_atom>::with<std::uint64_t>,
    // Forgets all, or those whose text starts with the prefix.
    caf::replies_to<caf::delete_atom, std::string>::with<void>,
    // A remote was made on an I/O thread. To itself.
    caf::reacts_to<resume_atom, continuation>,
    // Forgets what was unused too long. To itself.
    caf::reacts_to<caf::tick_atom>, caf::replies_to<depth_atom>::with<std::uint64_t>>;

// -- jobs
// -------------------------------------------------------------------------------------------------------------

/// One rc call that is more than a value.
using job_actor = caf::typed_actor<
    // Begins. Sent once by whoever made it.
    caf::reacts_to<caf::ok_atom>,
    // Cancels the work; the job ends by itself, with `context canceled`.
    caf::reacts_to<stop_atom>,
    // Something came back from an I/O thread.
    caf::reacts_to<resume_atom, continuation>>;

/// All jobs: running ones by handle, ended ones as records.
using job_table_actor = caf::typed_actor<
    // A job begins.
    caf::reacts_to<started_atom, job_status, job_actor, bool>,
    // A job has ended; the record is kept for its time.
    caf::reacts_to<finished_atom, job_status>,
    // Synchronous calls that needed no actor began and ended; several together, since a message of its own
    // would be the larger part of such a call.
    caf::reacts_to<caf::put_atom, std::vector<job_status>>,
    // A job that was begun keeps this report.
    caf::reacts_to<report_atom, job_id, std::shared_ptr<job_report>>,
    // A job that was begun goes by this pace.
    caf::reacts_to<caf::put_atom, job_id, std::shared_ptr<job_pace>>,
    // -> its status. Error: failed `job not found`.
    caf::replies_to<status_atom, job_id>::with<job_status>,
    // -> the same, its report and its pace, which are empty when it has none. Error: as above.
    caf::replies_to<report_atom, job_id>::with<job_status, std::shared_ptr<job_report>,
                                               std::shared_ptr<job_pace>>,
    caf::replies_to<list_atom>::with<job_lists>,
    // Stops a job. Error: failed `job not found`; one that has ended is fine.
    caf::replies_to<stop_atom, job_id>::with<void>,
    // Stops all jobs of a group.
    caf::replies_to<stop_atom, std::string>::with<void>,
    // Expiry. To itself.
    caf::reacts_to<caf::tick_atom>,
    // Stops everything; answers when no job runs any more.
    caf::replies_to<drain_atom>::with<void>, caf::replies_to<depth_atom>::with<std::uint64_t>>;

// -- moving files
// -----------------------------------------------------------------------------------------------------

/// One run of files under way. Ends after its report.
using transfer_actor =
    caf::typed_actor<caf::reacts_to<caf::ok_atom>, caf::reacts_to<resume_atom, continuation>>;

/// The plan of one sync, copy or move: lists both sides, decides, hands out runs, keeps the account.
using sync_actor = caf::typed_actor<caf::reacts_to<caf::ok_atom>, caf::reacts_to<resume_atom, continuation>,
                                    // From a transfer: what became of a run.
                                    caf::reacts_to<finished_atom, run_report>>;

} // namespace argosy

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(argosy::remote)
