#include "actors/sync/sync.hpp"

#include <algorithm>
#include <deque>
#include <unordered_set>
#include <utility>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/errors.hpp"
#include "actors/stats/delta.hpp"
#include "actors/sync/file_queue.hpp"
#include "actors/transfers/transfer.hpp"
#include "backends/copy_object.hpp"
#include "backends/walk.hpp"

namespace argosy {

namespace {

constexpr int delete_before = 1, delete_during = 2, delete_after = 3;

/// A directory being listed: two I/O threads fill it, and the one that is last merges.
struct directory_work {
  directory_task task;
  directory_plan plan;
  std::atomic<int> missing{0};
  std::size_t source_listed = 0, destination_listed = 0; // before the filter
  failure_info source_error, destination_error;
};

/// A run that a transfer actor works on.
struct run_under_way {
  run_kind kind = run_kind::copy;
  bool from_front = true; // of the queue
  file_chunk files;       // kept only where some may have to be copied later
};

/// Work on one connection of one side, done in the turns of listings.
struct side_task {
  bool source = false;
  std::function<void(const may_block&, session&)> work;
  std::function<void(const failure_info&)> done; // in the actor; with what `work` threw, or nothing
};

enum class phase { planning, deleting, tidying, over };
enum class rename_stage { gathering, hashing, renaming, over };

struct sync_state;
using sync_pointer = sync_actor::stateful_pointer<sync_state>;

struct sync_state {
  std::shared_ptr<const run_environment> around;
  sync_order order;
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
  std::size_t listing = 0;                 // under way
  file_queue copies, checks, removals;
  std::deque<side_task> tasks;
  rename_stage renaming = rename_stage::over;
  std::uint64_t lone_files = 0; // found, and neither handed out nor renamed yet
  std::size_t transferring = 0, checking = 0;
  std::size_t front_workers = 1, at_front = 0; // transfers that take from the front of the queue, and do now
  std::unordered_map<std::uint64_t, run_under_way> out;
  std::uint64_t next_run = 1;
  std::vector<session_loan> source_loans, destination_loans; // for the next listing; empty between messages
  std::vector<directory_task> source_directories;            // only where empty ones matter
  std::unordered_set<std::string>
      source_in_use; // those with something in them, with create_empty_directories
  std::vector<std::string> surplus_directories;
  std::vector<std::pair<std::string, nanoseconds>>
      directory_times; // to be set at the end: work below changes them
  bool keeps_directory_times = false;
  sync_result result;
  failure_info fatal, ordinary, listing_failure;
  static inline const char* name = "sync";

  ~sync_state() {
    if (done) {
      result.error = {failure_kind::cancelled, "context canceled"};
      result.failed = result.found - result.copied - result.skipped;
      done(result);
    }
  }
  bool giving_up() const { return around->stop.cancelled() || fatal || cut_short(); }
  /// max_transfer or max_duration.
  failure_info cut_short() const { return around->limits ? around->limits->reached() : failure_info{}; }
  bool wants_source_directories() const {
    return order.create_empty_directories ||
           (order.kind == sync_kind::move && order.delete_empty_directories);
  }
  /// Files planned but not handed out. Those to be deleted at the end need no bound: they are names that the
  /// listing holds anyway.
  std::size_t backlog() const {
    return copies.files() + checks.files() + (delete_mode == delete_after ? 0 : removals.files());
  }
  void note(const failure_info& why) {
    if (why.kind == failure_kind::fatal && !fatal) fatal = why;
    // What a cancellation leaves behind is not worth more than the word itself.
    else if (why.kind != failure_kind::cancelled)
      ordinary = why;
  }
};

void pump(sync_pointer self);

void count_error(sync_pointer self, const failure_info& why) {
  stats_delta delta;
  add_error(delta, why);
  self->state.around->stats.add(std::move(delta));
  self->state.note(why);
}

// -- listing
// ----------------------------------------------------------------------------------------------------------

/// Each side is filtered by what its own files are like. True when a marker file hides the directory.
bool list_one(const may_block& on, const session_loan& loan, const std::string& path, const filter* rules,
              listing& into, std::size_t& listed) {
  loan.doing("listing", path);
  auto& from = loan.open(on);
  from.list(on, path, [&](listing&& page) {
    if (into.empty()) {
      into = std::move(page);
    } else {
      for (std::size_t i = 0; i < page.size(); ++i)
        into.add(page[i].name, page[i].kind, page[i].size, page[i].modified);
    }
  });
  listed = into.size();
  bool marked = false;
  if (rules != nullptr) {
    auto chosen = choose(on, from, *rules, path, into);
    marked = chosen.marked;
    into = std::move(chosen.entries);
  }
  into.sort();
  return marked;
}

void list_source(const may_block& on, const session_loan& loan, directory_work& work, const filter* rules) {
  try {
    auto& plan = work.plan;
    plan.source_hidden = list_one(on, loan, work.task.path, rules, plan.source, work.source_listed);
  } catch (...) {
    work.source_error = current_failure();
  }
}

void list_destination(const may_block& on, const session_loan& loan, directory_work& work,
                      const filter* rules) {
  try {
    list_one(on, loan, work.task.destination_path(), rules, work.plan.destination, work.destination_listed);
  } catch (...) {
    work.destination_error = current_failure();
  }
}

void take_plan(sync_pointer self, const std::shared_ptr<directory_work>& work);
void over(sync_pointer self);

/// One side of one directory, on an I/O thread. Whoever is last merges, so that no scheduler thread sorts.
void list_side(sync_pointer self, const std::shared_ptr<directory_work>& work, bool source,
               session_loan loan) {
  auto held = std::make_shared<session_loan>(std::move(loan));
  auto& state = self->state;
  run_blocking(
      self, state.around->with, {state.around->stop, nullptr, nullptr},
      [work, source, held, chosen_by = source ? state.source_filter : state.destination_filter,
       rules = state.rules, compare = *state.compare](const may_block& on) {
        if (source)
          list_source(on, *held, *work, chosen_by.get());
        else
          list_destination(on, *held, *work, chosen_by.get());
        if (work->missing.fetch_sub(1) != 1) return false;
        if (!work->source_error && !work->destination_error) merge_listings(work->plan, rules, compare);
        return true;
      },
      [=](bool complete) {
        // Nobody holds a connection while waiting for another: pools may be as small as one, and shared.
        if (!complete) return;
        (source ? self->state.source_loans : self->state.destination_loans).push_back(std::move(*held));
        take_plan(self, work);
      },
      [=](const failure_info& why) {
        // Only sorting and merging can get here: out of memory.
        count_error(self, why);
        --self->state.listing;
        pump(self);
      });
}

/// The loan of the listing that has just ended, or a new one.
void with_loan(sync_pointer self, bool source, std::function<void(session_loan)> then) {
  auto& kept = source ? self->state.source_loans : self->state.destination_loans;
  if (!kept.empty()) {
    auto loan = std::move(kept.back());
    kept.pop_back();
    return then(std::move(loan));
  }
  const auto& side = source ? self->state.around->source : self->state.around->destination;
  self->request(side.pool, caf::infinite, lease_atom_v, self->state.around->job)
      .then([then](session_loan& loan) { then(std::move(loan)); },
            [self](caf::error& e) {
              self->state.fatal = to_failure(e);
              --self->state.listing;
              if (self->state.now_in == phase::tidying) return over(self);
              pump(self);
            });
}

void begin_listing(sync_pointer self, directory_task task) {
  ++self->state.listing;
  auto work = std::make_shared<directory_work>();
  work->plan.path = task.path;
  work->plan.other_path = task.other_path;
  work->plan.depth = task.depth;
  work->task = std::move(task);
  const auto source = work->task.in_source, destination = work->task.in_destination;
  work->missing = (source ? 1 : 0) + (destination ? 1 : 0);
  if (source) with_loan(self, true, [=](session_loan loan) { list_side(self, work, true, std::move(loan)); });
  if (destination)
    with_loan(self, false, [=](session_loan loan) { list_side(self, work, false, std::move(loan)); });
}

/// Listing errors: an absent destination is empty; an absent source root ends the job; anything else is
/// counted and that directory is left alone.
bool settle_listing_errors(sync_pointer self, directory_work& work) {
  auto& state = self->state;
  if (work.destination_error && work.destination_error.kind == failure_kind::directory_not_found) {
    work.destination_error = {};
    work.task.in_destination = false;
    if (!work.source_error && work.task.in_source) merge_listings(work.plan, state.rules, *state.compare);
  }
  if (!work.source_error && !work.destination_error) return true;
  const auto why = work.source_error ? work.source_error : work.destination_error;
  if (why.kind == failure_kind::cancelled) return false;
  if (work.task.path.empty()) state.listing_failure = why;
  count_error(self, why);
  state.around->with.log.write(log_level::error, work.task.path + ": error reading directory: " + why.text);
  return false;
}

/// The queue figures of files that are to be copied.
void count_queued(stats_delta& delta, const file_chunk& chunk, std::int64_t sign = 1) {
  std::uint64_t bytes = 0;
  for (const auto file : chunk.files) bytes += bytes_of(entry_of(*chunk.plan, chunk.kind, file));
  delta.queued_transfers += sign * static_cast<std::int64_t>(chunk.files.size());
  delta.queued_bytes += sign * static_cast<std::int64_t>(bytes);
}

/// Compared already: told to the group as finished checks, of which it keeps the last ones only.
void tell_checked(sync_pointer self, const directory_plan& plan, const std::vector<std::uint32_t>& compared,
                  stats_delta& delta) {
  delta.checks += static_cast<std::int64_t>(compared.size());
  const auto kept = std::min(compared.size(), defaults::transferred_kept);
  const auto moment = now();
  for (auto i = compared.size() - kept; i < compared.size(); ++i) {
    const auto entry = plan.source[compared[i]];
    transfer_record record;
    record.name = plan.path_of(entry.name);
    record.size = entry.size;
    record.checked = true;
    record.what = work_kind::checking;
    record.started = record.completed = moment;
    record.source_fs = self->state.around->source_fs;
    record.destination_fs = self->state.around->destination_fs;
    delta.completed.push_back(std::move(record));
  }
}

/// A directory gets its source's time when it has another or when what happens in it will change it (3.6.6).
void note_directory_time(sync_state& state, const directory_work& work) {
  if (!state.keeps_directory_times || state.first_pass || !work.task.in_source || work.task.path.empty())
    return;
  const auto& plan = work.plan;
  const auto changes = !plan.copy.empty() || !plan.lone.empty() || !plan.check.empty() ||
                       !plan.check_hash.empty() || (state.deletes && !plan.surplus.empty()) ||
                       std::any_of(plan.below.begin(), plan.below.end(),
                                   [](const directory_task& d) { return !d.in_source || !d.in_destination; });
  if (changes || !work.task.in_destination ||
      state.compare->directory_differs(work.task.source_modified, work.task.destination_modified))
    state.directory_times.emplace_back(work.task.destination_path(), work.task.source_modified);
}

void take_plan(sync_pointer self, const std::shared_ptr<directory_work>& work) {
  auto& state = self->state;
  --state.listing;
  if (!settle_listing_errors(self, *work)) return pump(self);
  auto& plan = work->plan;
  if (plan.source_hidden && !plan.path.empty()) {
    work->task.in_source = false;
    auto& known = state.source_directories;
    known.erase(std::remove_if(known.begin(), known.end(),
                               [&](const directory_task& d) { return d.path == plan.path; }),
                known.end());
    if (work->task.in_destination && state.deletes)
      state.surplus_directories.push_back(plan.destination_path());
  }
  // A move empties what it finds: all directories count then.
  const auto counts_as_empty = plan.source.empty() || state.order.kind == sync_kind::move;
  if (state.order.create_empty_directories && !counts_as_empty) state.source_in_use.insert(plan.path);
  stats_delta delta;
  delta.listed = static_cast<std::int64_t>(work->source_listed + work->destination_listed);
  for (const auto& name : plan.duplicates)
    state.around->with.log.write(log_level::notice, name + ": Duplicate object found in listing - ignoring");
  note_directory_time(state, *work);
  const std::shared_ptr<const directory_plan> shared{work, &plan};
  const auto only_deletes = state.first_pass;
  if (!only_deletes) {
    state.result.found += plan.copy.size() + plan.lone.size() + plan.check.size() + plan.check_hash.size() +
                          plan.equal.size() + plan.immutable.size();
    state.result.skipped += plan.equal.size();
    tell_checked(self, plan, plan.equal, delta);
    tell_checked(self, plan, plan.different, delta);
    for (const auto index : plan.immutable) {
      ++state.result.failed;
      const auto path = plan.path_of(plan.source[index].name);
      ++delta.checks;
      state.around->with.log.write(
          log_level::error,
          path + ": Source and destination exist but do not match: immutable file modified");
      count_error(self, {failure_kind::no_retry, "immutable file modified"});
    }
    for (const auto& [index, why] : plan.untransformed) {
      const auto path = plan.path_of(plan.source[index].name);
      if (plan.source[index].kind == entry_kind::file) {
        ++state.result.found;
        ++state.result.failed;
      }
      state.around->with.log.write(log_level::error, path + ": Failed to transform: " + why.text);
      count_error(self, why);
    }
    delta.queued_transfers = static_cast<std::int64_t>(plan.copy.size());
    delta.queued_bytes = static_cast<std::int64_t>(plan.copy_bytes);
    delta.queued_checks = static_cast<std::int64_t>(plan.check.size() + plan.check_hash.size());
    const auto moving = state.order.kind == sync_kind::move;
    // With ignore_existing nothing was compared: what is there may be something else.
    const auto deletes_equal = moving && !state.around->options->ignore_existing;
    if (deletes_equal) delta.queued_checks += static_cast<std::int64_t>(plan.equal.size());
    state.copies.add({shared, moving ? run_kind::move : run_kind::copy, std::move(plan.copy)});
    state.checks.add({shared, run_kind::check, std::move(plan.check)});
    state.checks.add({shared, run_kind::check_hash, std::move(plan.check_hash)});
    if (deletes_equal) state.checks.add({shared, run_kind::remove_source, std::move(plan.equal)});
    for (const auto file : plan.lone) state.order.renames->add_source({shared, file});
    state.lone_files += plan.lone.size();
  }
  if (state.deletes && (only_deletes || state.delete_mode != delete_before)) {
    if (state.renaming == rename_stage::gathering) {
      for (const auto file : plan.surplus) state.order.renames->add_destination({shared, file});
    } else {
      delta.queued_checks += static_cast<std::int64_t>(plan.surplus.size());
      state.removals.add({shared, run_kind::remove, std::move(plan.surplus)});
    }
  }
  for (auto& below : plan.below) {
    // max_depth: the directory is there, but nobody looks into it.
    auto closed = state.around->options->max_depth >= 0 && below.depth >= state.around->options->max_depth;
    if (below.in_source && !only_deletes && state.wants_source_directories())
      state.source_directories.push_back(below);
    if (below.in_destination && !below.in_source) {
      if (!state.deletes) continue; // nothing of the source can be in there
      state.surplus_directories.push_back(below.destination_path());
      closed = closed && !state.order.delete_excluded; // what is too deep counts as excluded
    }
    if (!closed) state.directories.push_back(below);
  }
  plan.below.clear();
  state.around->stats.add(std::move(delta));
  pump(self);
}

// -- handing out
// ------------------------------------------------------------------------------------------------------

file_run run_of(sync_state& state, const file_chunk& chunk) {
  file_run run;
  const auto& plan = *chunk.plan;
  run.job = state.around->job;
  run.number = state.next_run++;
  run.kind = chunk.kind;
  run.moves = state.order.kind == sync_kind::move &&
              (chunk.kind == run_kind::check || chunk.kind == run_kind::check_hash);
  const auto removal = chunk.kind == run_kind::remove;
  run.directory = removal ? plan.destination_path() : plan.path;
  if (!removal) run.destination_directory = plan.other_path;
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

void hand_out(sync_pointer self, file_queue& from, bool front = true) {
  auto& state = self->state;
  auto chunk = from.take(state.run_files, defaults::run_bytes, !front);
  auto run = run_of(state, chunk);
  const auto copies = chunk.kind == run_kind::copy || chunk.kind == run_kind::move;
  ++(copies ? state.transferring : state.checking);
  if (copies && front) ++state.at_front;
  run_under_way under_way{chunk.kind, front, {}};
  if (!copies && state.around->options->check_first) under_way.files = std::move(chunk);
  state.out.emplace(run.number, std::move(under_way));
  spawn_transfer(self->system(), state.around, std::move(run), self);
}

/// Files that will not be handed out any more: they leave the queue figures, and those to be copied have
/// failed.
void drop(sync_pointer self, file_queue& queue) {
  if (queue.empty()) return;
  stats_delta delta;
  for (const auto& chunk : queue.drain()) {
    if (chunk.kind == run_kind::copy || chunk.kind == run_kind::move)
      count_queued(delta, chunk, -1);
    else
      delta.queued_checks -= static_cast<std::int64_t>(chunk.files.size());
    if (chunk.kind != run_kind::remove && chunk.kind != run_kind::remove_source)
      self->state.result.failed += chunk.files.size();
  }
  self->state.around->stats.add(std::move(delta));
}

/// How many files of this run may be deleted; the rest is a fatal error.
void cut_to_max_delete(sync_pointer self, file_run& run) {
  std::size_t admitted = 0;
  try {
    for (; admitted < run.files.size(); ++admitted)
      self->state.around->deletions->admit(run.files[admitted].size);
  } catch (const failure& why) {
    stats_delta delta;
    delta.queued_checks = static_cast<std::int64_t>(admitted) - static_cast<std::int64_t>(run.files.size());
    self->state.around->stats.add(std::move(delta));
    run.files.resize(admitted);
    count_error(self, info_of(why));
  }
}

void hand_out_removals(sync_pointer self, std::size_t most) {
  auto& state = self->state;
  while (state.checking < most && !state.removals.empty() && !state.giving_up()) {
    // A removal is one system call or one small request: many fit together whatever the storage.
    auto run = run_of(state, state.removals.take(std::max<std::size_t>(state.run_files, 16), UINT64_MAX));
    cut_to_max_delete(self, run);
    if (run.files.empty()) continue;
    ++state.checking;
    state.out.emplace(run.number, run_under_way{run.kind, true, {}});
    spawn_transfer(self->system(), state.around, std::move(run), self);
  }
}

/// Files of a check that turned out to differ: they were not copied, as all checks come first.
void enqueue_different(sync_state& state, const file_chunk& checked,
                       const std::vector<std::uint32_t>& different) {
  file_chunk chunk{checked.plan, state.order.kind == sync_kind::move ? run_kind::move : run_kind::copy, {}};
  for (const auto index : different) chunk.files.push_back(checked.files[index]);
  stats_delta delta;
  count_queued(delta, chunk);
  state.around->stats.add(std::move(delta));
  state.copies.add(std::move(chunk));
}

void report_of(sync_pointer self, const run_report& report) {
  auto& state = self->state;
  const auto found = state.out.find(report.number);
  if (found == state.out.end()) return; // told twice: the account is kept once
  const auto run = std::move(found->second);
  const auto kind = run.kind;
  state.out.erase(found);
  if (kind == run_kind::copy || kind == run_kind::move) {
    --state.transferring;
    if (run.from_front) --state.at_front;
  } else {
    --state.checking;
  }
  if (!report.different.empty()) enqueue_different(state, run.files, report.different);
  state.result.removed += report.removed;
  if (kind != run_kind::remove && kind != run_kind::remove_source) {
    state.result.copied += report.copied;
    state.result.skipped += report.skipped;
    state.result.failed += report.failed.size();
  }
  for (const auto& one : report.failed) state.note(one.error);
  pump(self);
}

// -- renames
// ------------------------------------------------------------------------------------------------------------

void begin_task(sync_pointer self, side_task task) {
  ++self->state.listing;
  with_loan(self, task.source, [=](session_loan loan) {
    auto held = std::make_shared<session_loan>(std::move(loan));
    const auto end = [=](const failure_info& why) {
      --self->state.listing;
      task.done(why);
      pump(self);
    };
    run_blocking(
        self, self->state.around->with, {self->state.around->stop, nullptr, nullptr},
        [held, work = task.work](const may_block& on) {
          work(on, held->open(on));
          *held = {};
        },
        [end] { end({}); }, end);
  });
}

constexpr std::size_t hashes_a_task = 16;

void hash_in_tasks(sync_state& state, bool source, const std::vector<rename_tracker::hash_wish>& wishes) {
  for (std::size_t first = 0; first < wishes.size(); first += hashes_a_task) {
    const std::vector<rename_tracker::hash_wish> some(
        wishes.begin() + static_cast<std::ptrdiff_t>(first),
        wishes.begin() + static_cast<std::ptrdiff_t>(std::min(first + hashes_a_task, wishes.size())));
    state.tasks.push_back({source,
                           [some, type = state.around->common_hash](const may_block& on, session& at) {
                             for (const auto& wish : some) {
                               try {
                                 *wish.into = at.hash(on, wish.path, type);
                               } catch (const failure& f) {
                                 // A file without a hash is no candidate: it is copied or deleted, which
                                 // tells.
                                 if (f.kind() == failure_kind::cancelled) throw;
                               }
                             }
                           },
                           [](const failure_info&) {}});
  }
}

void enqueue_lone(sync_state& state, const std::vector<lone_file>& sources,
                  const std::vector<lone_file>& destinations) {
  stats_delta delta;
  for (auto& chunk : chunks_of(sources, run_kind::copy)) {
    count_queued(delta, chunk);
    state.lone_files -= chunk.files.size();
    state.copies.add(std::move(chunk));
  }
  for (auto& chunk : chunks_of(destinations, run_kind::remove)) {
    delta.queued_checks += static_cast<std::int64_t>(chunk.files.size());
    state.removals.add(std::move(chunk));
  }
  state.around->stats.add(std::move(delta));
}

void rename_in_task(sync_pointer self, const lone_file& wanted, const lone_file& there) {
  auto& state = self->state;
  const auto destination = entry_of(*there.plan, run_kind::remove, there.file);
  const copy_request request{there.plan->destination_path_of(destination.name),
                             wanted.plan->destination_path_of(wanted.plan->destination_name(wanted.file)),
                             destination.size, destination.modified};
  const auto done = [=](const failure_info& why) {
    auto& here = self->state;
    if (why) return enqueue_lone(here, {wanted}, {there});
    --here.lone_files;
    ++here.result.renamed;
    stats_delta delta;
    delta.renames = 1;
    delta.checks = 1;
    here.around->stats.add(std::move(delta));
  };
  auto& log = state.around->with.log;
  if (state.around->options->dry_run) {
    log.write(log_level::notice, request.from + ": Skipped move as --dry-run is set");
    return done({});
  }
  state.tasks.push_back({false,
                         [=, &log, policy = state.around->policy](const may_block& on, session& at) {
                           move_object(on, at, at, request, policy);
                           log.write(log_level::info, request.to + ": Renamed from \"" + request.from + "\"");
                         },
                         done});
}

/// When everything is listed and nothing of the stage before is left. True when there is something to do
/// again.
bool advance_renames(sync_pointer self) {
  auto& state = self->state;
  switch (state.renaming) {
  case rename_stage::gathering:
    state.renaming = rename_stage::hashing;
    hash_in_tasks(state, true, state.order.renames->source_hashes());
    hash_in_tasks(state, false, state.order.renames->destination_hashes());
    return true;
  case rename_stage::hashing: {
    state.renaming = rename_stage::renaming;
    const auto found = state.order.renames->match();
    enqueue_lone(state, found.sources, found.destinations);
    for (const auto& [source, destination] : found.renames) rename_in_task(self, source, destination);
    return true;
  }
  case rename_stage::renaming: state.renaming = rename_stage::over; return true;
  case rename_stage::over: return false;
  }
  return false;
}

// -- the end
// ----------------------------------------------------------------------------------------------------------

void over(sync_pointer self) {
  auto& state = self->state;
  state.now_in = phase::over;
  auto& result = state.result;
  if (auto limit = state.cut_short())
    result.error = std::move(limit);
  else if (state.around->stop.cancelled())
    result.error = {failure_kind::cancelled, "context canceled"};
  else if (state.fatal)
    result.error = state.fatal;
  else if (state.listing_failure)
    result.error = state.listing_failure;
  else
    result.error = state.ordinary;
  auto done = std::move(state.done);
  state.done = nullptr;
  done(std::move(result));
  self->quit();
}

/// What is left to do about directories, in the order of the members.
struct tidy_work {
  std::vector<std::string> make, surplus, empty;
  std::vector<std::pair<std::string, nanoseconds>> times;
  bool nothing() const { return make.empty() && surplus.empty() && empty.empty() && times.empty(); }
};

struct tidied {
  std::int64_t removed = 0;
  std::vector<failure_info> errors;
};

/// Only empty ones go; one that still holds something is left without a word.
void remove_if_empty(const may_block& on, session& where, const std::string& path, tidied& done) {
  try {
    where.remove_directory(on, path);
    ++done.removed;
  } catch (const failure& f) {
    if (f.kind() == failure_kind::cancelled) throw;
  }
}

/// On one I/O thread: few calls, and their order matters.
tidied tidy_up(const may_block& on, const tidy_work& work, session& source, session& destination) {
  tidied done;
  for (const auto& path : work.make) {
    try {
      destination.make_directory(on, path);
    } catch (const failure& f) {
      if (f.kind() == failure_kind::cancelled) throw;
      done.errors.push_back(info_of(f));
    }
  }
  for (const auto& path : work.surplus) remove_if_empty(on, destination, path, done);
  for (const auto& path : work.empty) remove_if_empty(on, source, path, done);
  for (const auto& [path, modified] : work.times) {
    try {
      destination.set_directory_modified(on, path, modified);
    } catch (const failure& f) {
      // A directory without files is not there unless it was asked for.
      if (f.kind() == failure_kind::cancelled) throw;
      if (f.kind() != failure_kind::directory_not_found) done.errors.push_back(info_of(f));
    }
  }
  return done;
}

/// Surplus directories must stay when something went wrong (3.6.5).
void keep_surplus_after_errors(sync_pointer self) {
  auto& state = self->state;
  const auto errors = state.ordinary || state.order.errors_before > 0;
  if (state.surplus_directories.empty() || !errors || state.around->options->ignore_errors) return;
  if (!state.ordinary)
    count_error(self, {failure_kind::other, "not deleting directories as there were IO errors"});
  state.surplus_directories.clear();
}

/// Makes and removes directories and sets their times.
void tidy(sync_pointer self) {
  auto& state = self->state;
  state.now_in = phase::tidying;
  keep_surplus_after_errors(self);
  auto work = std::make_shared<tidy_work>();
  work->surplus = std::move(state.surplus_directories);
  work->times = std::move(state.directory_times);
  if (state.order.create_empty_directories)
    for (const auto& one : state.source_directories)
      if (state.source_in_use.count(one.path) == 0) work->make.push_back(one.destination_path());
  if (state.order.kind == sync_kind::move && state.order.delete_empty_directories)
    for (const auto& one : state.source_directories) work->empty.push_back(one.path);
  // What lies deeper first, except where parents have to be made.
  std::sort(work->make.begin(), work->make.end());
  std::sort(work->surplus.begin(), work->surplus.end(), std::greater<>());
  std::sort(work->empty.begin(), work->empty.end(), std::greater<>());
  std::sort(work->times.begin(), work->times.end(), std::greater<>());
  if (work->nothing() || state.around->options->dry_run) return over(self);

  ++state.listing; // with_loan counts down when it fails
  // Both in the order of the pools' ids: no two plans can each hold what the other waits for.
  const auto source_first = state.around->source.pool.id() < state.around->destination.pool.id();
  with_loan(self, source_first, [=](session_loan first) {
    with_loan(self, !source_first, [=](session_loan second) {
      --self->state.listing;
      const auto& source = source_first ? first : second;
      const auto& destination = source_first ? second : first;
      run_blocking(
          self, self->state.around->with, {self->state.around->stop, nullptr, nullptr},
          [=](const may_block& on) { return tidy_up(on, *work, source.open(on), destination.open(on)); },
          [=](const tidied& done) {
            stats_delta delta;
            delta.deleted_dirs = done.removed;
            self->state.around->stats.add(std::move(delta));
            for (const auto& why : done.errors) count_error(self, why);
            over(self);
          },
          [=](const failure_info& why) {
            self->state.note(why);
            over(self);
          });
    });
  });
}

/// All that was to be copied is copied: now what is surplus goes, if nothing went wrong (3.6.5).
void begin_deleting(sync_pointer self) {
  auto& state = self->state;
  state.now_in = phase::deleting;
  const auto forbidden = !state.around->options->ignore_errors && state.delete_mode == delete_after;
  if (forbidden && !state.removals.empty() && (state.ordinary || state.order.errors_before > 0)) {
    if (!state.ordinary)
      count_error(self, {failure_kind::other, "not deleting files as there were IO errors"});
    drop(self, state.removals);
  }
  pump(self);
}

void use_transfers(sync_state& state, std::int64_t wanted) {
  state.transfers = static_cast<std::size_t>(std::max<std::int64_t>(1, wanted));
  state.front_workers = state.order.order.front_workers(state.transfers);
}

void use_checkers(sync_state& state, std::int64_t wanted) {
  // A quarter of a pool at most, so that transfers find connections too.
  state.checkers =
      std::min(static_cast<std::size_t>(std::max<std::int64_t>(1, wanted)), defaults::connections / 4);
}

/// options/set may have changed how much runs at once. More begins now, less as what runs comes to its end.
void follow_settings(sync_state& state) {
  if (!state.order.follows_transfers && !state.order.follows_checkers) return;
  const auto current = state.around->with.options.current();
  if (state.order.follows_transfers) use_transfers(state, current->transfers);
  if (state.order.follows_checkers) use_checkers(state, current->checkers);
}

void pump(sync_pointer self) {
  auto& state = self->state;
  if (state.now_in == phase::over || state.now_in == phase::tidying) return;
  if (state.giving_up()) {
    state.directories.clear();
    state.tasks.clear();
    state.source_loans.clear();
    state.destination_loans.clear();
    for (auto* queue : {&state.copies, &state.checks, &state.removals}) drop(self, *queue);
    state.result.failed += std::exchange(state.lone_files, 0);
    state.renaming = rename_stage::over;
    if (state.listing == 0 && state.out.empty()) over(self);
    return;
  }
  follow_settings(state);
  if (state.now_in == phase::deleting) {
    hand_out_removals(self, state.transfers);
    if (state.giving_up()) return pump(self);
    if (state.removals.empty() && state.out.empty()) tidy(self);
    return;
  }
  const auto checks_first = state.around->options->check_first;
  const auto backlog_bound =
      checks_first ? SIZE_MAX
                   : static_cast<std::size_t>(std::max<std::int64_t>(1, state.around->options->max_backlog));
  while (state.listing < state.checkers && !state.tasks.empty()) {
    auto task = std::move(state.tasks.front());
    state.tasks.pop_front();
    begin_task(self, std::move(task));
  }
  while (state.listing < state.checkers && !state.directories.empty() && state.backlog() < backlog_bound) {
    auto task = std::move(state.directories.back());
    state.directories.pop_back();
    begin_listing(self, std::move(task));
  }
  state.source_loans.clear();
  state.destination_loans.clear();
  while (state.checking < state.checkers && !state.checks.empty()) hand_out(self, state.checks);
  const auto all_listed = state.listing == 0 && state.directories.empty() && state.tasks.empty();
  const auto all_checked = all_listed && state.checks.empty() && state.checking == 0;
  while (state.transferring < state.transfers && !state.copies.empty() && (!checks_first || all_checked))
    hand_out(self, state.copies, state.at_front < state.front_workers);
  if (state.delete_mode == delete_during || state.first_pass) {
    hand_out_removals(self, state.checkers);
    if (state.giving_up()) return pump(self);
  }
  if (all_listed && advance_renames(self)) return pump(self);
  if (!all_listed || !state.out.empty() || !state.copies.empty() || !state.checks.empty()) return;
  if (state.first_pass && state.removals.empty()) {
    if (state.ordinary) return over(self); // an error of the first pass ends the call
    state.first_pass = false;
    state.directories.push_back({"", true, true, 0});
    return pump(self);
  }
  begin_deleting(self);
}

sync_actor::behavior_type sync(sync_pointer self, const std::shared_ptr<const run_environment>& around,
                               const sync_order& order, std::function<void(sync_result)> done) {
  auto& state = self->state;
  auto own = std::make_shared<run_environment>(*around);
  own->deletions = std::make_shared<deletion_limits>(*around->options, order.deletes_before);
  state.around = std::move(own);
  state.order = order;
  state.done = std::move(done);
  const auto& options = *state.around->options;
  const auto& source = state.around->source.store->info();
  const auto& destination = state.around->destination.store->info();
  state.compare.emplace(source, destination, options);
  state.rules.fold_case = destination.features.CaseInsensitive || options.ignore_case_sync;
  state.rules.normalize = !options.no_unicode_normalization;
  if (order.rules && order.rules->active()) {
    state.source_filter = order.rules;
    if (!(order.delete_excluded && order.kind == sync_kind::sync)) state.destination_filter = order.rules;
  }
  state.rules.lone_apart = order.renames.has_value();
  state.rules.transform = order.transform;
  if (order.renames) state.renaming = rename_stage::gathering;
  use_transfers(state, options.transfers);
  use_checkers(state, options.checkers);
  state.copies = file_queue{order.order};
  state.checks = file_queue{order.order};
  state.run_files = source.features.IsLocal && destination.features.IsLocal ? defaults::run_files : 1;
  state.keeps_directory_times = destination.features.DirSetModTime &&
                                source.features.CanHaveEmptyDirectories && !options.no_update_dir_modtime;
  state.delete_mode = static_cast<int>(options.delete_mode);
  state.deletes = order.kind == sync_kind::sync && state.delete_mode != 0;
  if (!state.deletes) state.delete_mode = 0;
  if (order.renames) state.delete_mode = delete_after; // what is surplus may be wanted under another name
  state.first_pass = state.delete_mode == delete_before;
  return {
      [=](caf::ok_atom) {
        self->state.directories.push_back({"", true, !self->state.around->options->no_check_dest, 0});
        pump(self);
      },
      [](resume_atom, const continuation& next) { resume(next); },
      [=](finished_atom, const run_report& report) { report_of(self, report); },
  };
}

} // namespace

sync_actor spawn_sync(caf::actor_system& system, std::shared_ptr<const run_environment> around,
                      sync_order order, std::function<void(sync_result)> done) {
  auto& with = around->with;
  const auto job = around->job;
  auto made =
      with.actors.spawn(system, "sync", job, sync, std::move(around), std::move(order), std::move(done));
  tell(made, caf::ok_atom_v);
  return made;
}

} // namespace argosy
