#include "actors/sync/sync.hpp"

#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/stats/delta.hpp"
#include "actors/sync/sync_state.hpp"
#include "actors/transfers/transfer.hpp"

namespace argosy {

namespace planning {

void count_error(pointer self, const failure_info& why) {
  stats_delta delta;
  add_error(delta, why);
  self->state.around->stats.add(std::move(delta));
  self->state.note(why);
}

void count_queued(stats_delta& delta, const file_chunk& chunk, std::int64_t sign) {
  std::uint64_t bytes = 0;
  for (const auto file : chunk.files) bytes += bytes_of(entry_of(*chunk.plan, chunk.kind, file));
  delta.queued_transfers += sign * static_cast<std::int64_t>(chunk.files.size());
  delta.queued_bytes += sign * static_cast<std::int64_t>(bytes);
}

void drop(pointer self, file_queue& queue, const failure_info& why) {
  if (queue.empty()) return;
  stats_delta delta;
  for (auto& chunk : queue.drain()) {
    if (chunk.kind == run_kind::copy || chunk.kind == run_kind::move)
      count_queued(delta, chunk, -1);
    else
      delta.queued_checks -= static_cast<std::int64_t>(chunk.files.size());
    if (chunk.kind != run_kind::remove) self->state.result.failed += chunk.files.size();
    self->state.unfinished.chunks.push_back({std::move(chunk), why});
  }
  self->state.around->stats.add(std::move(delta));
}

namespace {

// -- handing out
// ------------------------------------------------------------------------------------------------------

file_run run_of(state& here, const file_chunk& chunk) {
  file_run run;
  const auto& plan = *chunk.plan;
  run.job = here.around->job;
  run.number = here.next_run++;
  run.kind = chunk.kind;
  const auto removal = chunk.kind == run_kind::remove;
  run.directory = removal ? plan.destination_path() : plan.path;
  if (!removal) run.destination_directory = plan.other_path;
  if (removal && !plan.other_path.empty()) run.source_directory = plan.path;
  run.in_source = plan.in_source;
  run.moves = here.moving() && (chunk.kind == run_kind::check || chunk.kind == run_kind::check_hash);
  run.files.reserve(chunk.files.size());
  for (const auto file : chunk.files) {
    const auto entry = entry_of(plan, chunk.kind, file);
    run.files.push_back({std::string{entry.name}, entry.size, entry.modified});
    if (removal) continue;
    if (const auto name = plan.destination_name(file); name != entry.name)
      run.files.back().destination_name = name;
  }
  return run;
}

// Of one run where a side is no local folder. A run costs about as much as a small file, so several go
// together, but never so many that a worker would have nothing to do.
constexpr std::size_t most_files_of_run = 16;
constexpr std::uint64_t most_bytes_of_run = 1u << 20;

file_chunk take_run(const state& here, file_queue& from, std::size_t workers, bool front) {
  if (here.run_files > 1) return from.take(here.run_files, defaults::run_bytes, !front);
  const auto share = from.files() / (2 * std::max<std::size_t>(workers, 1));
  return from.take(std::clamp<std::size_t>(share, 1, most_files_of_run), most_bytes_of_run, !front);
}

void hand_out(pointer self, file_queue& from, bool front = true) {
  auto& here = self->state;
  auto chunk = take_run(here, from, &from == &here.checks ? here.checkers : here.transfers, front);
  auto run = run_of(here, chunk);
  const auto copies = chunk.kind == run_kind::copy || chunk.kind == run_kind::move;
  ++(copies ? here.transferring : here.checking);
  if (copies && front) ++here.at_front;
  run_under_way under_way{chunk.kind, front, {}};
  if (!copies && here.around->options->check_first) under_way.files = std::move(chunk);
  here.out.emplace(run.number, std::move(under_way));
  spawn_transfer(self->system(), here.around, std::move(run), self);
}

/// How many files of this chunk may be deleted; the rest is a fatal error.
void cut_to_max_delete(pointer self, file_chunk& chunk) {
  auto& here = self->state;
  std::size_t admitted = 0;
  try {
    for (; admitted < chunk.files.size(); ++admitted)
      here.around->deletions->admit(entry_of(*chunk.plan, chunk.kind, chunk.files[admitted]).size);
  } catch (const failure& forbidden) {
    const auto why = info_of(forbidden);
    stats_delta delta;
    delta.queued_checks = static_cast<std::int64_t>(admitted) - static_cast<std::int64_t>(chunk.files.size());
    here.around->stats.add(std::move(delta));
    auto rest = chunk;
    rest.files.erase(rest.files.begin(), rest.files.begin() + static_cast<std::ptrdiff_t>(admitted));
    here.unfinished.chunks.push_back({std::move(rest), why});
    chunk.files.resize(admitted);
    count_error(self, why);
  }
}

void hand_out_removals(pointer self, std::size_t most) {
  auto& here = self->state;
  while (here.checking < most && !here.removals.empty() && !here.giving_up()) {
    // A removal is one system call or one small request: many fit together whatever the storage.
    auto chunk = here.removals.take(std::max<std::size_t>(here.run_files, 16), UINT64_MAX);
    cut_to_max_delete(self, chunk);
    if (chunk.files.empty()) continue;
    auto run = run_of(here, chunk);
    ++here.checking;
    here.out.emplace(run.number, run_under_way{run.kind, true, {}});
    spawn_transfer(self->system(), here.around, std::move(run), self);
  }
}

/// Files of a check that turned out to differ: they were not copied, as all checks come first.
void enqueue_different(state& here, const file_chunk& checked, const std::vector<std::uint32_t>& different) {
  file_chunk chunk{checked.plan, here.moving() ? run_kind::move : run_kind::copy, {}};
  for (const auto index : different) chunk.files.push_back(checked.files[index]);
  stats_delta delta;
  count_queued(delta, chunk);
  here.around->stats.add(std::move(delta));
  here.copies.add(std::move(chunk));
}

void report_of(pointer self, const run_report& report) {
  auto& here = self->state;
  const auto found = here.out.find(report.number);
  if (found == here.out.end()) return; // told twice: the account is kept once
  const auto run = std::move(found->second);
  const auto kind = run.kind;
  here.out.erase(found);
  if (kind == run_kind::copy || kind == run_kind::move) {
    --here.transferring;
    if (run.from_front) --here.at_front;
  } else {
    --here.checking;
  }
  if (!report.different.empty()) enqueue_different(here, run.files, report.different);
  here.result.removed += report.removed;
  if (kind != run_kind::remove) {
    here.result.copied += report.copied;
    here.result.skipped += report.skipped;
    here.result.failed += report.failed.size();
  }
  for (const auto& one : report.failed) here.note(one.error);
  pump(self);
}

// -- how much at once
// ------------------------------------------------------------------------------------------------------

void use_transfers(state& here, std::int64_t wanted) {
  here.transfers = static_cast<std::size_t>(std::max<std::int64_t>(1, wanted));
  here.front_workers = here.order.order.front_workers(here.transfers);
}

void use_checkers(state& here, std::int64_t wanted) {
  // A quarter of a pool at most, so that transfers find connections too.
  here.checkers =
      std::min(static_cast<std::size_t>(std::max<std::int64_t>(1, wanted)), defaults::connections / 4);
}

/// options/set, job/set or autotuning may have changed how much runs at once. More begins now, less as what
/// runs comes to its end.
void follow_settings(state& here) {
  auto& pace = *here.around->pace;
  if (here.order.follows_transfers || here.order.follows_checkers) {
    const auto current = here.around->with.options.current();
    pace.follow(here.order.follows_transfers ? std::optional{current->transfers} : std::nullopt,
                here.order.follows_checkers ? std::optional{current->checkers} : std::nullopt);
  }
  use_transfers(here, pace.transfers());
  use_checkers(here, pace.checkers());
}

// -- what is next
// ------------------------------------------------------------------------------------------------------

/// Nothing new is begun; the end comes when what is under way is over.
void give_up(pointer self) {
  auto& here = self->state;
  const auto why = here.why_given_up();
  for (const auto& task : std::exchange(here.tasks, {})) task.done(why);
  here.source_loans.clear();
  here.destination_loans.clear();
  const auto quiet = here.listing == 0 && here.out.empty();
  // Tasks under way write into what was gathered.
  if (quiet) give_up_renames(self);
  for (auto* queue : {&here.copies, &here.checks, &here.removals}) drop(self, *queue, why);
  if (quiet) close_account(self);
}

void hand_out_listings(pointer self) {
  auto& here = self->state;
  const auto bound =
      here.around->options->check_first
          ? SIZE_MAX
          : static_cast<std::size_t>(std::max<std::int64_t>(1, here.around->options->max_backlog));
  while (here.listing < here.checkers && !here.tasks.empty()) {
    auto task = std::move(here.tasks.front());
    here.tasks.pop_front();
    begin_task(self, std::move(task));
  }
  if (here.scope_open && here.directories.empty() && here.backlog() < bound) read_scope(self);
  while (here.listing < here.checkers && !here.directories.empty() && here.backlog() < bound) {
    auto task = std::move(here.directories.back());
    here.directories.pop_back();
    begin_listing(self, std::move(task));
  }
  here.source_loans.clear();
  here.destination_loans.clear();
}

/// The pass that only deletes is through. An error in it ends the call.
void end_first_pass(pointer self) {
  auto& here = self->state;
  here.first_pass = false;
  directory_task root{"", true, true, 0};
  if (here.went_wrong()) {
    here.unfinished.directories.push_back(
        {std::move(root), work_kind::listing, here.ordinary ? here.ordinary : here.no_retry});
    return close_account(self);
  }
  here.directories.push_back(std::move(root));
  pump(self);
}

} // namespace

void pump(pointer self) {
  auto& here = self->state;
  if (here.now_in == phase::over || here.now_in == phase::tidying) return;
  if (here.giving_up()) return give_up(self);
  follow_settings(here);
  if (here.now_in == phase::deleting) {
    hand_out_removals(self, here.transfers);
    if (here.giving_up()) return pump(self);
    if (here.removals.empty() && here.out.empty()) tidy(self);
    return;
  }
  hand_out_listings(self);
  while (here.checking < here.checkers && !here.checks.empty()) hand_out(self, here.checks);
  const auto checks_first = here.around->options->check_first;
  const auto all_listed =
      here.listing == 0 && here.directories.empty() && here.tasks.empty() && !here.scope_open;
  const auto all_checked = all_listed && here.checks.empty() && here.checking == 0;
  while (here.transferring < here.transfers && !here.copies.empty() && (!checks_first || all_checked))
    hand_out(self, here.copies, here.at_front < here.front_workers);
  if (here.delete_mode == delete_during || here.first_pass) {
    hand_out_removals(self, here.checkers);
    if (here.giving_up()) return pump(self);
  }
  here.around->pace->waiting(!here.copies.empty(), !here.checks.empty() || !here.directories.empty());
  if (all_listed && advance_renames(self)) return pump(self);
  if (!all_listed || !here.out.empty() || !here.copies.empty() || !here.checks.empty()) return;
  if (here.first_pass && here.removals.empty()) return end_first_pass(self);
  begin_deleting(self);
}

namespace {

/// What the options and the remotes make of an order.
void settle_rules(state& here) {
  const auto& options = *here.around->options;
  const auto& order = here.order;
  const auto& source = here.around->source.store->info();
  const auto& destination = here.around->destination.store->info();
  here.compare.emplace(source, destination, options);
  here.rules.fold_case = destination.features.CaseInsensitive || options.ignore_case_sync;
  here.rules.normalize = !options.no_unicode_normalization;
  if (order.rules && order.rules->active()) {
    here.source_filter = order.rules;
    if (!order.delete_excluded) here.destination_filter = order.rules;
  }
  here.rules.lone_apart = order.renames.has_value();
  here.rules.transform = order.transform;
  if (order.renames) here.renaming = rename_stage::gathering;
  here.copies = file_queue{order.order};
  here.checks = file_queue{order.order};
  here.run_files = source.features.IsLocal && destination.features.IsLocal ? defaults::run_files : 1;
  here.keeps_directory_times = destination.features.DirSetModTime &&
                               source.features.CanHaveEmptyDirectories && !options.no_update_dir_modtime;
  here.delete_mode = static_cast<int>(options.delete_mode);
  here.deletes = order.kind == sync_kind::sync && here.delete_mode != 0;
  if (!here.deletes) here.delete_mode = 0;
  if (order.renames) here.delete_mode = delete_after; // what is surplus may be wanted under another name
  // Of what is done again most was deleted before.
  if (order.scope && here.delete_mode == delete_before) here.delete_mode = delete_during;
  here.first_pass = here.delete_mode == delete_before;
}

sync_actor::behavior_type sync(pointer self, const std::shared_ptr<const run_environment>& around,
                               const sync_order& order, std::function<void(sync_result)> done) {
  auto& here = self->state;
  auto own = std::make_shared<run_environment>(*around);
  own->deletions = std::make_shared<deletion_limits>(*around->options, order.deletes_before);
  if (!own->pace)
    own->pace = std::make_shared<job_pace>(job_pace::start{around->options->transfers},
                                           job_pace::start{around->options->checkers}, around->with.upload);
  here.around = std::move(own);
  here.order = order;
  here.done = std::move(done);
  settle_rules(here);
  // Whoever changes the pace must not keep the plan alive.
  here.around->pace->when_changed([weak = caf::actor_cast<caf::weak_actor_ptr>(self->ctrl()), self] {
    const auto strong = weak.lock();
    if (!strong) return;
    const auto look = [self] { pump(self); };
    tell(caf::actor_cast<sync_actor>(strong), resume_atom_v,
         continuation{std::make_shared<std::function<void()>>(look)});
  });
  return {
      [=](caf::ok_atom) {
        auto& state = self->state;
        if (state.order.scope)
          state.scope_open = true;
        else
          state.directories.push_back({"", true, !state.around->options->no_check_dest, 0});
        pump(self);
      },
      [](resume_atom, const continuation& next) { resume(next); },
      [=](finished_atom, const run_report& report) { report_of(self, report); },
  };
}

} // namespace

} // namespace planning

sync_actor spawn_sync(caf::actor_system& system, std::shared_ptr<const run_environment> around,
                      sync_order order, std::function<void(sync_result)> done) {
  auto& with = around->with;
  const auto job = around->job;
  auto made = with.actors.spawn(system, "sync", job, planning::sync, std::move(around), std::move(order),
                                std::move(done));
  tell(made, caf::ok_atom_v);
  return made;
}

} // namespace argosy
