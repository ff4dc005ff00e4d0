#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <caf/actor_system.hpp>

#include "actors/sync/merge.hpp"
#include "actors/sync/renames.hpp"
#include "actors/sync/revisit.hpp"
#include "actors/transfers/run_files.hpp"
#include "core/transfer_order.hpp"

namespace argosy {

enum class sync_kind { copy, sync, move };

/// What one sync, copy or move is to do (rc-surface 3.6).
struct sync_order {
  sync_kind kind = sync_kind::copy;
  bool create_empty_directories = false; ///< createEmptySrcDirs
  bool delete_empty_directories = false; ///< deleteEmptySrcDirs, of a move
  std::shared_ptr<const filter> rules;   ///< may be empty
  bool delete_excluded = false;
  transfer_order order = transfer_order{};                  ///< order_by
  name_transform transform = {};                            ///< of the source's names
  std::optional<rename_tracker> renames = {};               ///< track_renames, of a sync
  bool follows_transfers = false, follows_checkers = false; ///< options/set changes them while this runs
  std::int64_t errors_before = 0;  ///< of the stats group: they forbid deleting (3.6.5)
  std::int64_t deletes_before = 0; ///< of the stats group: max_delete counts over its whole life
  /// What is to be done; empty: everything.
  std::shared_ptr<retry_scope> scope = {};
};

/// How it ended: every file that was found at the source is copied, renamed, skipped or failed.
struct sync_result {
  failure_info error;
  std::uint64_t found = 0, copied = 0, renamed = 0, skipped = 0, failed = 0, removed = 0;
};

/// The plan: lists both sides directory by directory, merges them on I/O threads, hands out runs to at most
/// `transfers` transfer actors and `checkers` checking ones, then deletes and tidies up. Each file, and each
/// directory with which something goes wrong, is entered into the job's report before the end is told. Memory
/// stays within max_backlog entries plus the directories being listed; check_first and track_renames have to
/// know all files first. `done` is called once, in this actor, which then ends.
sync_actor spawn_sync(caf::actor_system& system, std::shared_ptr<const run_environment> around,
                      sync_order order, std::function<void(sync_result)> done);

} // namespace argosy
