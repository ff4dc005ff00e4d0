#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>

#include "actors/bisync/plan.hpp"
#include "actors/bisync/work_folder.hpp"
#include "actors/transfers/run_files.hpp"
#include "core/filter.hpp"

namespace argosy {

/// The comparison of the two listings at the end (checkSync).
enum class listing_check { yes, no, only };

/// What one bisync is to do: the parameters of sync/bisync.
struct bisync_order {
  bool dry_run = false, resync = false, force = false, check_access = false;
  bool create_empty_directories = false, remove_empty_directories = false;
  bool no_cleanup = false; ///< leaves the listings of this run beside those of the last
  bool resilient = false;  ///< errors that another run can mend do not lock out
  bool recover = false;    ///< after a lock-out the listings of the last whole run are used
  bool ignore_listing_checksum = false, no_slow_hash = false, slow_hash_sync_only = false,
       download_hash = false;
  std::int64_t max_delete = 50; ///< percent of a side's files
  std::int64_t max_lock = 0;    ///< nanoseconds; 0: for ever
  std::string check_filename = "RCLONE_TEST";
  std::string filters_file;
  std::string work_folder; ///< absolute
  listing_check check = listing_check::yes;
  preference resync_preference = preference::path1;
  compare_rules compare;
  conflict_rules conflicts;
  std::shared_ptr<const filter> rules; ///< of the call; may be empty
  filter_options filters;              ///< which `rules` was made of: those of filters_file come before them
};

struct bisync_result {
  failure_info error;
  work_files files;
  std::string output; ///< the lines of the log, with their time and level, as far as the log takes them
};

/// The plan of a bidirectional sync: lists both sides, compares each with what it held after the last run,
/// and lets runs of files and two one-way copies do what follows from it; then it remembers what both sides
/// hold. What somebody changes meanwhile is found by the next run, as the new listings are made of the
/// listings at the beginning and of what was done. `into[s]` copies from the other side to side s. `done` is
/// called once, in this actor, which then ends.
sync_actor spawn_bisync(caf::actor_system& system, std::array<std::shared_ptr<const run_environment>, 2> into,
                        bisync_order order, std::function<void(bisync_result)> done);

} // namespace argosy
