#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/sync/directory_slices.hpp"
#include "actors/sync/file_queue.hpp"
#include "actors/sync/revisit.hpp"
#include "actors/sync/sharing.hpp"
#include "actors/sync/sync.hpp"

/// The inside of the plan of a sync, for the files sync*.cpp alone: what it keeps, and the parts that call
/// each other. sync.cpp hands out runs and decides what is next; sync_listing.cpp lists and merges;
/// sync_sharing.cpp gives runs to other nodes; sync_renames.cpp looks for files that were renamed;
/// sync_end.cpp deletes, tidies up and closes the account.
namespace argosy::planning {

constexpr int delete_before = 1, delete_during = 2, delete_after = 3;

inline bool copies_files(run_kind kind) { return kind == run_kind::copy || kind == run_kind::move; }

/// A run that a transfer actor works on.
struct run_under_way {
  run_kind kind = run_kind::copy;
  bool from_front = true; // of the queue
  file_chunk files;       // kept only where some may have to be copied later, or to be handed out anew
  bool elsewhere = false; // on another node
};

/// Work on one connection of one side, done in the turns of listings.
struct side_task {
  bool source = false;
  std::function<void(const may_block&, session&)> work;
  std::function<void(const failure_info&)> done; // in the actor; with what `work` threw, or nothing
};

/// A directory of which something is done at the end.
struct directory_end {
  std::string path, destination_path;
  nanoseconds modified = 0;
};

/// What is left of a directory that was sorted on disk.
struct sliced_directory {
  directory_task task;
  std::shared_ptr<directory_slices> rest;
};

/// What was not done, to be entered into the report at the end.
struct unfinished_work {
  struct files {
    file_chunk chunk;
    failure_info why;
  };
  struct directory {
    directory_task task;
    work_kind what;
    failure_info why;
  };
  std::vector<files> chunks;
  std::vector<directory> directories;
  std::shared_ptr<retry_scope> scope; // its rest; empty: nothing
  failure_info why_not_the_rest;
  bool nothing() const { return chunks.empty() && directories.empty() && !scope; }
};

/// What this plan gives to other nodes.
struct shared_work {
  bool allowed = false;                        // by the options and the remotes
  sharing_actor helpers;                       // empty: not begun
  ledger::entry look;                          // the timer, while it is thought about
  std::chrono::steady_clock::time_point since; // of the first run; none: the epoch
  work_amount done;                            // by anybody
  struct wish {
    std::uint64_t helper;
    std::size_t nodes; // that take part, this one included
  };
  std::deque<wish> wishes;                        // for more work
  std::size_t out = 0;                            // runs on other nodes
  std::size_t checking = 0;                       // of these, those that only look
  bool told_idle = false, told_home_idle = false; // since there was something in the queues
  void begun(run_kind kind) {
    ++out;
    if (!copies_files(kind)) ++checking;
  }
  void ended(run_kind kind) {
    --out;
    if (!copies_files(kind)) --checking;
  }
};

enum class phase { planning, deleting, tidying, over };
enum class rename_stage { gathering, hashing, renaming, over };

struct state {
  std::shared_ptr<const run_environment> around;
  sync_order order;
  std::shared_ptr<const job_sharing> sharing; // empty: there are no other nodes
  std::function<void(sync_result)> done;
  std::optional<comparison> compare;
  merge_rules rules;
  std::shared_ptr<const filter> source_filter, destination_filter; // null: all counts
  std::size_t transfers = 1, checkers = 1, run_files = 1;
  bool deletes = false; // surplus files at the destination go
  int delete_mode = 0;
  bool first_pass = false; // delete mode "before": only deletes

  phase now_in = phase::planning;
  std::vector<directory_task> directories; // to be listed: the last first, which bounds memory on deep trees
  std::vector<sliced_directory> sliced;    // go on when nothing below them is to be listed
  std::size_t listing = 0;                 // under way
  file_queue copies, checks, removals;
  std::deque<side_task> tasks;
  rename_stage renaming = rename_stage::over;
  std::uint64_t lone_files = 0; // found, and neither handed out nor renamed yet
  std::size_t transferring = 0, checking = 0;
  std::size_t front_workers = 1, at_front = 0; // transfers that take from the front of the queue, and do now
  std::unordered_map<std::uint64_t, run_under_way> out;
  std::uint64_t next_run = 1;
  shared_work shared;
  std::vector<session_loan> source_loans, destination_loans; // for the next listing; empty between messages
  std::vector<directory_end> source_directories;             // only where empty ones matter
  std::unordered_set<std::string>
      source_in_use; // those with something in them, with create_empty_directories
  std::vector<std::string> surplus_directories;
  std::vector<directory_end> directory_times; // to be set at the end: work below changes them
  bool keeps_directory_times = false;
  bool scope_open = false; // there may be more of what is to be done again, and nobody reads it now
  unfinished_work unfinished;
  sync_result result;
  failure_info fatal, ordinary, no_retry, listing_failure;
  static inline const char* name = "sync";

  ~state() {
    if (done) {
      result.error = {failure_kind::cancelled, "context canceled"};
      result.failed = result.found - result.copied - result.skipped;
      done(result);
    }
  }
  bool giving_up() const { return around->stop.cancelled() || fatal || cut_short(); }
  /// max_transfer or max_duration.
  failure_info cut_short() const { return around->limits ? around->limits->reached() : failure_info{}; }
  /// Why what is left is not done.
  failure_info why_given_up() const;
  bool went_wrong() const { return ordinary || no_retry; }
  bool moving() const { return order.kind == sync_kind::move; }
  /// no_traverse: the destination is not listed, the files of the source are looked up there.
  bool looks_up() const { return around->options->no_traverse && order.kind != sync_kind::sync; }
  /// fix_case. Where names are transformed nobody knows which case was meant.
  bool fixes_case() const {
    return around->options->fix_case && !around->options->immutable && !rules.transform.active();
  }
  /// What is the same at the destination goes. With ignore_existing nothing was compared: it may be something
  /// else.
  bool removes_equal() const { return moving() && !around->options->ignore_existing; }
  bool wants_source_directories() const {
    return order.create_empty_directories || (moving() && order.delete_empty_directories);
  }
  /// Files planned but not handed out. Those to be deleted at the end need no bound: they are names that the
  /// listing holds anyway.
  std::size_t backlog() const {
    return copies.files() + checks.files() + (delete_mode == delete_after ? 0 : removals.files());
  }
  void note(const failure_info& why) {
    // What a cancellation leaves behind is not worth more than the word itself.
    if (why.kind == failure_kind::cancelled) return;
    if (why.kind == failure_kind::fatal && !fatal)
      fatal = why;
    else if (why.kind == failure_kind::no_retry)
      no_retry = why;
    else
      ordinary = why;
  }
};
using pointer = planner_actor::stateful_pointer<state>;

/// Does whatever can be done now.
void pump(pointer self);
void count_error(pointer self, const failure_info& why);
/// The queue figures of files that are to be copied.
void count_queued(stats_delta& delta, const file_chunk& chunk, std::int64_t sign = 1);
/// Files that will not be handed out any more: they leave the queue figures and have failed.
void drop(pointer self, file_queue& queue, const failure_info& why);

/// The loan of the listing that has just ended, or a new one; `refused` instead when there is none.
void with_loan(pointer self, bool source, std::function<void(session_loan)> then,
               std::function<void(const failure_info&)> refused);
void begin_listing(pointer self, directory_task task);
/// The next slice of a directory that was listed.
void begin_slice(pointer self, sliced_directory one);
/// Reads the next of what is to be done again.
void read_scope(pointer self);

/// Begins a run of these files, which somebody has to be told.
file_run begin_run(pointer self, file_chunk chunk, run_under_way under_way);
/// The figures of this job's options that decide whether other nodes may help.
bool may_share(const state& here);
/// Gives to other nodes what they have room for, once that is worth its cost.
void share(pointer self);
/// Runs that nobody else does any more.
void take_back(pointer self, const std::vector<std::uint64_t>& numbers, bool again);

void begin_task(pointer self, side_task task);
/// When everything is listed and nothing of the stage before is left. True when there is something to do
/// again.
bool advance_renames(pointer self);
/// What was gathered goes the way of files that were not renamed.
void give_up_renames(pointer self);

void begin_deleting(pointer self);
/// Makes and removes directories and sets their times, then ends.
void tidy(pointer self);
/// Enters what was not done into the report, and ends.
void close_account(pointer self);

} // namespace argosy::planning
