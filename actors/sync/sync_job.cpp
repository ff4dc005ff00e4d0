#include "actors/sync/sync_job.hpp"

#include <algorithm>

#include "actors/defaults.hpp"
#include "actors/reports/report_writer.hpp"
#include "actors/transfers/compare.hpp"
#include "actors/transfers/overlap.hpp"
#include "core/call_options.hpp"

namespace argosy {

namespace {

void refuse_file(const remote& one) {
  if (one.file) fail(failure_kind::is_a_file, "is a file not a directory");
}

/// True when there is nothing to do. Throws when that must not be.
bool nothing_to_do(job_context& job, const remote& source, const remote& destination,
                   const sync_order& order) {
  const auto kind = order.kind;
  const auto how = overlap_of(source.store->info(), destination.store->info());
  // A filter that excludes the inner directory takes the danger away.
  if (how == overlap::destination_within && order.rules && order.rules->active()) {
    const auto inner = destination.store->info().root.substr(source.store->info().root.size());
    if (!order.rules->includes_directory(inner.substr(std::min(inner.find_first_not_of('/'), inner.size()))))
      return false;
  }
  if (how == overlap::none || (kind == sync_kind::copy && how != overlap::same)) return false;
  if (how == overlap::same && kind != sync_kind::sync) {
    job.with().log.write(log_level::error, source.store->info().description +
                                               ": Nothing to do as source and destination are the same");
    return true;
  }
  fail(failure_kind::other,
       "can't sync or move files on overlapping remotes (try excluding the destination with a filter rule)");
}

/// What options cannot be together, and what they ask of the remotes (rc-surface 3.6.1). Completes the order.
void settle_options(job_context& job, const remote& source, const remote& destination, sync_order& order) {
  const auto& options = *job.options();
  const auto& from = source.store->info();
  const auto& to = destination.store->info();
  const auto deletes = order.kind == sync_kind::sync && options.delete_mode != 0;
  const auto follows = [&](const char* option) {
    return !changes_option(job.request().overrides, *main_option_table().find(option));
  };
  order.follows_transfers = follows("transfers");
  order.follows_checkers = follows("checkers");
  order.order = transfer_order{options.order_by};
  if (options.no_traverse && order.kind == sync_kind::sync)
    job.with().log.write(log_level::error, "Ignoring --no-traverse with sync");
  rename_tracker renames{options.track_renames_strategy,
                         std::max({options.modify_window, from.precision, to.precision})};
  if (options.no_check_dest) {
    if (deletes) fail(failure_kind::other, "can't use --no-check-dest with sync: use copy instead");
    if (options.immutable) fail(failure_kind::other, "can't use --no-check-dest with --immutable");
    if (!options.backup_dir.empty() || !options.suffix.empty())
      fail(failure_kind::other, "can't use --no-check-dest with --backup-dir");
  }
  if (!options.track_renames) return;
  const auto ignored = [&](const std::string& why) {
    job.with().log.write(log_level::error, to.description + ": Ignoring --track-renames as " + why);
  };
  if (!deletes) return ignored("it doesn't work with copy or move, only sync");
  constexpr int before = 1;
  if (options.delete_mode == before)
    fail(failure_kind::fatal, "can't use --delete-before with --track-renames");
  if (!to.features.Move && !to.features.Copy)
    return ignored("the destination does not support server-side move or copy");
  if (renames.needs_hash() && comparison{from, to, options}.common_hash() == hash_type::none)
    return ignored("the source and destination do not have a common hash");
  if (renames.needs_times() && (from.precision == INT64_MAX || to.precision == INT64_MAX))
    return ignored("either the source or destination do not support modtime");
  order.renames = std::move(renames);
}

/// Of those that nobody set, autotuning finds how many transfers and checkers are best (docs/jobs.md).
std::shared_ptr<job_pace> pace_of(job_context& job, const remote& source, const remote& destination,
                                  const sync_order& order) {
  constexpr auto most_transfers = static_cast<std::int64_t>(defaults::connections) / 2;
  constexpr auto most_checkers = static_cast<std::int64_t>(defaults::connections) / 4;
  const auto& from = source.store->info();
  const auto& to = destination.store->info();
  const auto found = job.with().paces.recall(from.config_text, to.config_text);
  const auto start = [&](std::int64_t option, std::int64_t usual, bool follows, std::int64_t most,
                         std::int64_t known) {
    if (!follows || option != usual) return job_pace::start{option};
    // More at once on a disk with heads would only move them more.
    return job_pace::start{option, from.seeks || to.seeks ? option : most, known};
  };
  const auto& options = *job.options();
  const main_options usual;
  return std::make_shared<job_pace>(
      start(options.transfers, usual.transfers, order.follows_transfers, most_transfers, found.transfers),
      start(options.checkers, usual.checkers, order.follows_checkers, most_checkers, found.checkers),
      job.with().upload);
}

void plan_and_run(job_context& job, const remote& source, const remote& destination, const sync_order& order,
                  const stats_sink& stats, const side_remotes& beside,
                  const std::shared_ptr<transfer_limits>& limits,
                  const std::shared_ptr<const job_sharing>& sharing) {
  if (!job.pace()) job.keep(pace_of(job, source, destination, order));
  auto around = std::make_shared<run_environment>(run_environment{job.with(),
                                                                  job.request().id,
                                                                  source,
                                                                  destination,
                                                                  job.options(),
                                                                  policy_of(*job.options()),
                                                                  hash_type::none,
                                                                  job.stop(),
                                                                  stats,
                                                                  source.store->info().config_text,
                                                                  destination.store->info().config_text,
                                                                  beside,
                                                                  limits,
                                                                  {},
                                                                  job.pace(),
                                                                  job.report()});
  around->common_hash =
      comparison{source.store->info(), destination.store->info(), *job.options()}.common_hash();
  job.child_at_work(true);
  // The plan calls back in its own context: the end of the job belongs into the job's.
  auto back = caf::actor_cast<job_actor>(job.self());
  spawn_shared_sync(job.self()->system(), around, order, sharing,
                    [back, &job, around](const sync_result& result) {
                      auto end = [&job, around, error = result.error] {
                        job.with().paces.keep(around->source_fs, around->destination_fs, job.pace()->found());
                        if (error)
                          job.fail(error);
                        else
                          job.succeed();
                      };
                      tell(back, resume_atom_v, continuation{std::make_shared<std::function<void()>>(end)});
                    });
}

/// A move to a place that does not exist, within one remote: the directory itself is renamed (3.6.7).
void try_directory_move(job_context& job, const remote& source, const remote& destination,
                        std::function<void(bool moved)> then) {
  const auto& from = source.store->info();
  const auto& to = destination.store->info();
  if (!same_remote(from, to) || !to.features.DirMove) return then(false);
  // rclone does not look any further then.
  if (only_told(*job.options(), job.with().log, to.description, "server-side directory move"))
    return job.succeed();
  job.lease({source, destination}, [&job, then = std::move(then)](std::vector<session_loan> loans) {
    job.block(
        [loans = std::move(loans), report = job.report(), attempt = job.attempt()](const may_block& on) {
          auto& here = loans[0].open(on);
          auto& there = loans[1].open(on);
          file_outcome moved;
          moved.started = now();
          if (!here.stat(on, "")) fail(failure_kind::directory_not_found, "directory not found");
          if (there.stat(on, "") || !there.move_directory_from(on, here, "", "")) return false;
          moved.how = outcome_kind::renamed;
          moved.what = work_kind::moving;
          moved.is_directory = true;
          moved.duration = now() - moved.started;
          report->begin_attempt(attempt);
          report_writer{on, *report, {}}.add(moved);
          return true;
        },
        then);
  });
}

} // namespace

namespace {

/// What failed in the attempt before, or in the job that this one tries again; empty: everything is to be
/// done.
std::shared_ptr<retry_scope> scope_of(job_context& job) {
  if (const auto before = job.report()->begin_attempt(job.attempt()); before && !before->whole)
    return std::make_shared<retry_scope>(job.report(), *before, true);
  // One that never began leaves what the one before it had left.
  for (auto one = job.retried(); one; one = one->retried()) {
    if (!one->begun()) continue;
    const auto records = one->all();
    return records.whole ? nullptr : std::make_shared<retry_scope>(one, records, false);
  }
  return nullptr;
}

/// Everything is known that the plan needs but what went before in its stats group.
void begin(job_context& job, const remote& source, const remote& destination, const sync_order& order,
           const stats_sink& stats, const side_remotes& beside,
           const std::shared_ptr<const job_sharing>& sharing) {
  job.ask(
      job.around().stats,
      [&job, source, destination, order, stats, beside, sharing](const stats_snapshot& before) {
        auto own = order;
        // What went wrong in this group before forbids deleting now (3.6.5).
        own.errors_before = before.errors;
        own.deletes_before = before.deletes;
        own.scope = scope_of(job);
        plan_and_run(job, source, destination, own, stats, beside,
                     limits_of(*job.options(), before.bytes, job.stop()), sharing);
      },
      caf::get_atom_v, job.request().group_name());
}

} // namespace

void run_sync(job_context& job, const std::string& source, const std::string& destination, sync_order order,
              std::shared_ptr<const job_sharing> sharing) {
  job.report();
  job.open_remotes({source, destination}, [&job, order = std::move(order),
                                           sharing = std::move(sharing)](const std::vector<remote>& opened) {
    const auto& from = opened[0];
    const auto& to = opened[1];
    refuse_file(from);
    refuse_file(to);
    if (nothing_to_do(job, from, to, order)) return job.succeed();
    auto settled = order;
    settle_options(job, from, to, settled);
    open_side_remotes(
        job, from, to, extent::tree, [&job, from, to, settled, sharing](const side_remotes& beside) {
          const auto plan = [&job, from, to, settled, beside, sharing](const stats_sink& stats) {
            begin(job, from, to, settled, stats, beside, sharing);
          };
          // What is filtered must be looked at file by file, and so must what is done again.
          const auto again = job.retried() || job.report()->begun();
          if (settled.kind != sync_kind::move || again || settled.transform.active() ||
              (settled.rules && settled.rules->active()))
            return job.open_stats(plan);
          try_directory_move(job, from, to, [&job, plan](bool moved) {
            if (!moved) return job.open_stats(plan);
            job.open_stats([&job](const stats_sink& stats) {
              stats_delta delta;
              delta.renames = 1;
              stats.add(std::move(delta));
              job.succeed();
            });
          });
        });
  });
}

} // namespace argosy
