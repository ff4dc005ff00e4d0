#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/errors.hpp"
#include "actors/reports/report_writer.hpp"
#include "actors/stats/delta.hpp"
#include "actors/sync/case_fix.hpp"
#include "actors/sync/look_up.hpp"
#include "actors/sync/sync_state.hpp"
#include "backends/costly_times.hpp"
#include "backends/walk.hpp"

namespace argosy::planning {

namespace {

/// A directory being listed: two I/O threads fill it, and the one that is last merges.
struct directory_work {
  directory_task task;
  directory_plan plan;
  std::atomic<int> missing{0};
  std::size_t source_listed = 0, destination_listed = 0; // before the filter
  failure_info source_error, destination_error;
  failure_info refused;                                            // no connection
  bool dated = true;                                               // the times of the task are known
  std::vector<vanished_file> vanished;                             // of what was to be looked at again
  std::unique_ptr<entry_sorter> source_sorted, destination_sorted; // of more entries than list_cutoff
  std::shared_ptr<directory_slices> rest;                          // what is left of both then
};

/// What merging needs to know, on an I/O thread.
struct merge_setting {
  services& with;
  merge_rules rules;
  comparison compare;
  std::shared_ptr<job_report> report;
  std::string reported_fs;
  std::shared_ptr<const filter> source_filter, destination_filter;
  bool first_pass, removes_equal, keeps_times, looks_up, undated_source, undated_destination;
  std::size_t cutoff; // list_cutoff
};

/// Whether the times of one side are asked for only where two files of the same size are compared (by a
/// check), because each costs a request.
bool is_undated(const state& here, const remote& side, const filter* rules) {
  const auto& options = *here.around->options;
  const auto& renames = here.order.renames;
  return costs_times(*side.store) && !options.update && options.order_by.compare(0, 7, "modtime") != 0 &&
         !(rules != nullptr && rules->needs_times()) && !(renames && renames->needs_times()) &&
         here.around->beside.others.empty();
}

merge_setting setting_of(const state& here) {
  const auto& source = here.around->source;
  const auto& destination = here.around->destination;
  const auto undated_source = is_undated(here, source, here.source_filter.get());
  const auto undated_destination = is_undated(here, destination, here.destination_filter.get());
  auto compare = *here.compare;
  if (undated_source || undated_destination) {
    // Another time, as all of an undated listing are, is left to a check even where there is no hash.
    auto options = *here.around->options;
    options.refresh_times = true;
    compare = comparison{source.store->info(), destination.store->info(), options};
  }
  return {here.around->with,
          here.rules,
          compare,
          here.around->report,
          here.around->reported_fs,
          here.source_filter,
          here.destination_filter,
          here.first_pass,
          here.removes_equal(),
          here.keeps_directory_times,
          here.looks_up(),
          undated_source,
          undated_destination,
          static_cast<std::size_t>(std::max<std::int64_t>(0, here.around->options->list_cutoff))};
}

std::size_t untransformed_files(const directory_plan& plan) {
  return static_cast<std::size_t>(
      std::count_if(plan.untransformed.begin(), plan.untransformed.end(),
                    [&](const auto& one) { return plan.source[one.first].kind == entry_kind::file; }));
}

/// Enters the files about which there is nothing more to do.
void enter_decided(const may_block& on, const directory_work& work, const merge_setting& how) {
  const auto& plan = work.plan;
  // Of a move the source is still to go.
  const auto equal = how.removes_equal ? 0 : plan.equal.size();
  how.report->found(equal + plan.immutable.size() + work.vanished.size() + untransformed_files(plan));
  report_writer records{on, *how.report, {plan.path, plan.in_source, plan.other_path, how.reported_fs}};
  file_outcome one;
  one.started = now();
  one.how = outcome_kind::skipped;
  one.what = work_kind::checking;
  for (std::size_t i = 0; i < equal; ++i) {
    const auto entry = plan.source[plan.equal[i]];
    one.name = entry.name;
    one.size = entry.size;
    records.add(one);
  }
  one.size = -1;
  for (const auto& file : work.vanished) {
    one.name = file.name;
    one.what = file.surplus ? work_kind::deleting : work_kind::checking;
    records.add(one);
  }
  one.how = outcome_kind::failed;
  one.what = work_kind::checking;
  one.kind = failure_kind::no_retry;
  one.error = "immutable file modified";
  for (const auto index : plan.immutable) {
    one.name = plan.source[index].name;
    one.size = plan.source[index].size;
    records.add(one);
  }
  one.what = work_kind::transferring;
  for (const auto& [index, why] : plan.untransformed) {
    const auto entry = plan.source[index];
    one.name = entry.name;
    one.is_directory = entry.kind == entry_kind::directory;
    one.size = one.is_directory ? -1 : entry.size;
    one.kind = why.kind;
    one.error = why.text;
    records.add(one);
  }
}

void merge_slice(const may_block& on, directory_work& work, const merge_setting& how) {
  work.rest->next(on, work.plan.source, work.plan.destination);
  merge_listings(work.plan, how.rules, how.compare);
  if (!how.first_pass) enter_decided(on, work, how);
}

/// One side has been sorted on disk: the other goes there too.
void slice(const may_block& on, directory_work& work, const merge_setting& how) {
  const auto most = std::min(how.cutoff, most_slice_entries);
  const auto sorted = [&](std::unique_ptr<entry_sorter>& side, listing& entries, bool source) {
    if (!side) side = make_sorter(how.with, how.rules, source, most);
    side->add(on, entries);
    entries = {};
    return std::move(side);
  };
  auto source = sorted(work.source_sorted, work.plan.source, true);
  auto destination = sorted(work.destination_sorted, work.plan.destination, false);
  work.rest = std::make_shared<directory_slices>(on, std::move(source), std::move(destination), most);
}

/// By whoever is last, so that no scheduler thread sorts.
void merge(const may_block& on, directory_work& work, const merge_setting& how) {
  // A destination that is not there is empty.
  if (work.destination_error && work.destination_error.kind == failure_kind::directory_not_found) {
    work.destination_error = {};
    work.task.in_destination = false;
  }
  if (work.source_error || work.destination_error || work.refused) return;
  if (work.source_sorted || work.destination_sorted) {
    slice(on, work, how);
    return merge_slice(on, work, how);
  }
  merge_listings(work.plan, how.rules, how.compare);
  if (work.task.only) work.vanished = keep_only(work.plan, *work.task.only);
  if (!how.first_pass) enter_decided(on, work, how);
}

void append(listing& to, listing&& page) {
  if (to.empty()) {
    to = std::move(page);
  } else {
    for (std::size_t i = 0; i < page.size(); ++i)
      to.add(page[i].name, page[i].kind, page[i].size, page[i].modified);
  }
}

using sorter_maker = std::function<std::unique_ptr<entry_sorter>()>;

/// What the rules leave of entries on disk. Empty, and true, when a marker file hides the directory.
bool choose_sorted(const may_block& on, session& at, const std::string& path, const filter& rules,
                   const sorter_maker& make, std::unique_ptr<entry_sorter>& sorted) {
  auto chosen = make();
  sorted->finish(on);
  while (!sorted->empty()) {
    listing some;
    for (; !sorted->empty() && some.size() < most_slice_entries; sorted->pop(on)) {
      const auto entry = sorted->front();
      some.add(entry.name, entry.kind, entry.size, entry.modified);
    }
    const auto left = choose(on, at, rules, path, some);
    if (left.marked) {
      sorted = make();
      return true;
    }
    chosen->add(on, left.entries);
  }
  sorted = std::move(chosen);
  return false;
}

/// Where the entries of one side of a directory go.
struct side_entries {
  listing& entries; // sorted, unless there are more than `cutoff`
  std::unique_ptr<entry_sorter>& sorted;
  std::size_t& listed; // before the filter
  std::size_t cutoff;
};

/// The listing of one directory. Each side is filtered by what its own files are like. True when a marker
/// file hides the directory.
bool list_one(const may_block& on, session& at, const std::string& path, const filter* rules,
              const std::optional<known_names>& known, const sorter_maker& make, const side_entries& into) {
  const auto add = [&](listing&& page) {
    into.listed += page.size();
    if (into.sorted) return into.sorted->add(on, page);
    append(into.entries, std::move(page));
    if (into.entries.size() <= into.cutoff) return;
    into.sorted = make();
    into.sorted->add(on, std::exchange(into.entries, {}));
  };
  if (known) {
    look_up(on, at, path, *known, into.entries);
    into.listed = into.entries.size();
  } else {
    at.list(on, path, add);
  }
  if (into.sorted) return rules != nullptr && choose_sorted(on, at, path, *rules, make, into.sorted);
  bool marked = false;
  if (rules != nullptr) {
    auto chosen = choose(on, at, *rules, path, into.entries);
    marked = chosen.marked;
    into.entries = std::move(chosen.entries);
  }
  into.entries.sort();
  return marked;
}

/// What is to be looked up on one side instead of listing it; empty: it is listed.
std::optional<known_names> known_of(const directory_work& work, bool source, const merge_setting& how) {
  if (!how.looks_up) return std::nullopt;
  if (source) {
    const auto* listed = how.source_filter ? how.source_filter->listed_files() : nullptr;
    return listed == nullptr ? std::nullopt : std::optional{listed_below(*listed, work.task.path)};
  }
  const auto& transform = how.rules.transform;
  known_names names;
  for (std::size_t i = 0; i < work.plan.source.size(); ++i) {
    const auto entry = work.plan.source[i];
    if (entry.kind != entry_kind::file) continue;
    try {
      names.files.push_back(transform.active() ? transform.name(entry.name, false) : std::string{entry.name});
    } catch (const failure&) {
      // The merge tells of it.
    }
  }
  return names;
}

/// One side of one directory.
void read_side(const may_block& on, directory_work& work, bool source, const session_loan& loan,
               const merge_setting& how) {
  const auto& path = source ? work.task.path : work.task.destination_path();
  try {
    loan.doing("listing", path);
    auto& at = loan.open(on);
    const auto& rules = source ? how.source_filter : how.destination_filter;
    const auto undated = source ? how.undated_source : how.undated_destination;
    const listings_for need{undated ? listing_need::names : listing_need::times, at};
    // Names that are asked for one by one are in memory anyway.
    const auto cutoff = how.looks_up || work.task.only ? SIZE_MAX : how.cutoff;
    const auto marked = list_one(
        on, at, path, rules.get(), known_of(work, source, how),
        [&] { return make_sorter(how.with, how.rules, source, std::min(cutoff, most_slice_entries)); },
        source
            ? side_entries{work.plan.source, work.source_sorted, work.source_listed, cutoff}
            : side_entries{work.plan.destination, work.destination_sorted, work.destination_listed, cutoff});
    if (source) work.plan.source_hidden = marked;
    if (!work.task.alone || !how.keeps_times || path.empty()) return;
    if (const auto itself = at.stat(on, path)) {
      (source ? work.task.source_modified : work.task.destination_modified) = itself->modified;
      if (source) work.dated = true;
    }
  } catch (...) {
    (source ? work.source_error : work.destination_error) = current_failure();
  }
}

void take_plan(pointer self, const std::shared_ptr<directory_work>& work);

/// What could not be renamed, and why.
using case_failures = std::vector<std::pair<case_rename, failure_info>>;

case_failures rename_all(const may_block& on, const run_environment& around, directory_plan& plan,
                         const std::vector<case_rename>& wanted, session& at) {
  case_failures failed;
  for (const auto& one : wanted) {
    if (only_told(*around.options, around.with.log, one.from, "fix case")) continue;
    try {
      rename_case(on, at, one);
      renamed_case(plan, one);
      around.with.log.write(log_level::info, one.from + ": Fixed case by renaming to: " + one.to);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      failed.emplace_back(one, info_of(why));
    }
  }
  return failed;
}

/// The plan is merged: what the destination calls otherwise is renamed first, if it is to be.
void settle_case(pointer self, const std::shared_ptr<directory_work>& work) {
  auto& here = self->state;
  const auto wanted = here.fixes_case() ? case_renames(work->plan) : std::vector<case_rename>{};
  if (wanted.empty()) return take_plan(self, work);
  const auto refused = [=](const failure_info& why) {
    work->refused = why;
    take_plan(self, work);
  };
  with_loan(
      self, false,
      [=](session_loan loan) {
        auto held = std::make_shared<session_loan>(std::move(loan));
        run_blocking(
            self, self->state.around->with, {self->state.around->stop, nullptr, nullptr},
            [work, held, wanted, around = self->state.around](const may_block& on) {
              return rename_all(on, *around, work->plan, wanted, held->open(on));
            },
            [=](const case_failures& failed) {
              self->state.destination_loans.push_back(std::move(*held));
              for (const auto& [what, why] : failed) {
                self->state.around->with.log.write(log_level::error,
                                                   what.from + ": Failed to fix case: " + why.text);
                count_error(self, why);
              }
              take_plan(self, work);
            },
            refused);
      },
      refused);
}

void begin_side(pointer self, const std::shared_ptr<directory_work>& work, bool source);

void list_side(pointer self, const std::shared_ptr<directory_work>& work, bool source, session_loan loan) {
  auto held = std::make_shared<session_loan>(std::move(loan));
  auto& here = self->state;
  run_blocking(
      self, here.around->with, {here.around->stop, nullptr, nullptr},
      [work, source, held, how = setting_of(here)](const may_block& on) {
        read_side(on, *work, source, *held, how);
        if (work->missing.fetch_sub(1) != 1) return false;
        merge(on, *work, how);
        return true;
      },
      [=](bool complete) {
        // Nobody holds a connection while waiting for another: pools may be as small as one, and shared.
        if (!complete) {
          *held = {};
          // What is to be looked up is known now.
          if (source && self->state.looks_up()) begin_side(self, work, false);
          return;
        }
        (source ? self->state.source_loans : self->state.destination_loans).push_back(std::move(*held));
        settle_case(self, work);
      },
      [=](const failure_info& why) {
        // Only sorting and merging can get here: no room in memory or on disk.
        work->source_error = why;
        take_plan(self, work);
      });
}

/// False when the directory is left alone: an absent source root ends the job, no connection ends it too,
/// anything else is counted.
bool settle_errors(pointer self, directory_work& work) {
  auto& here = self->state;
  const auto why = work.refused        ? work.refused
                   : work.source_error ? work.source_error
                                       : work.destination_error;
  if (!why) return true;
  if (work.refused)
    here.fatal = why;
  else if (why.kind != failure_kind::cancelled) {
    if (work.task.path.empty()) here.listing_failure = why;
    count_error(self, why);
    here.around->with.log.write(log_level::error, work.task.path + ": error reading directory: " + why.text);
  }
  here.unfinished.directories.push_back({std::move(work.task), work_kind::listing, why});
  return false;
}

/// Compared already: told to the group as finished checks, of which it keeps the last ones only.
void tell_checked(pointer self, const directory_plan& plan, const std::vector<std::uint32_t>& compared,
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

directory_end end_of(const directory_task& task) {
  return {task.path, task.destination_path(), task.source_modified};
}

/// A directory gets its source's time when it has another or when what happens in it will change it (3.6.6).
void note_directory_time(state& here, const directory_work& work) {
  if (!here.keeps_directory_times || here.first_pass || !work.task.in_source || work.task.path.empty() ||
      !work.dated)
    return;
  const auto& plan = work.plan;
  const auto changes = !plan.copy.empty() || !plan.lone.empty() || !plan.check.empty() ||
                       !plan.check_hash.empty() || (here.deletes && !plan.surplus.empty()) ||
                       std::any_of(plan.below.begin(), plan.below.end(),
                                   [](const directory_task& d) { return !d.in_source || !d.in_destination; });
  if (changes || !work.task.in_destination ||
      here.compare->directory_differs(work.task.source_modified, work.task.destination_modified))
    here.directory_times.push_back(end_of(work.task));
}

/// What its parent's listing would have said of a directory that is looked at again, and of those above it.
void note_alone(state& here, const directory_task& task) {
  if (!task.alone || !task.in_source || !here.wants_source_directories()) return;
  auto one = end_of(task);
  const auto climb = [](std::string& path) { path.erase(std::min(path.rfind('/'), path.size())); };
  while (!one.path.empty()) {
    here.source_directories.push_back(one);
    if (one.path.find('/') == std::string::npos) return;
    climb(one.path);
    climb(one.destination_path);
  }
}

/// Of directories that are looked at again what concerns themselves.
void note_again(state& here, const directory_plan& plan) {
  for (const auto& one : plan.below) {
    if (!one.in_source) continue;
    if (here.wants_source_directories()) here.source_directories.push_back(end_of(one));
    if (here.keeps_directory_times) here.directory_times.push_back(end_of(one));
  }
}

void note_below(state& here, const directory_plan& plan) {
  const auto most = here.around->options->max_depth;
  for (const auto& below : plan.below) {
    // max_depth: the directory is there, but nobody looks into it.
    auto closed = most >= 0 && below.depth >= most;
    if (below.in_source && !here.first_pass && here.wants_source_directories())
      here.source_directories.push_back(end_of(below));
    if (below.in_destination && !below.in_source) {
      if (!here.deletes) continue; // nothing of the source can be in there
      here.surplus_directories.push_back(below.destination_path());
      closed = closed && !here.order.delete_excluded; // what is too deep counts as excluded
    }
    if (closed) continue;
    here.directories.push_back(below);
    // Nobody has listed its parent at the destination.
    if (here.looks_up()) here.directories.back().in_destination = !here.around->options->no_check_dest;
  }
}

/// The source's directory holds a marker file: it counts as not there.
void hide_source(state& here, directory_work& work) {
  const auto& plan = work.plan;
  work.task.in_source = false;
  auto& known = here.source_directories;
  known.erase(
      std::remove_if(known.begin(), known.end(), [&](const directory_end& d) { return d.path == plan.path; }),
      known.end());
  if (work.task.in_destination && here.deletes) here.surplus_directories.push_back(plan.destination_path());
}

/// What is found at the source goes into the queues.
void take_source(pointer self, const std::shared_ptr<directory_work>& work, stats_delta& delta) {
  auto& here = self->state;
  auto& plan = work->plan;
  const std::shared_ptr<const directory_plan> shared{work, &plan};
  const auto moving = here.moving(), removes_equal = here.removes_equal();
  const auto decided = (removes_equal ? 0 : plan.equal.size()) + work->vanished.size();
  const auto open = plan.copy.size() + plan.lone.size() + plan.check.size() + plan.check_hash.size() +
                    (removes_equal ? plan.equal.size() : 0);
  const auto refused = plan.immutable.size() + untransformed_files(plan);
  here.around->report->found(open);
  here.result.found += open + decided + refused;
  here.result.skipped += decided;
  here.result.failed += refused;
  tell_checked(self, plan, plan.equal, delta);
  tell_checked(self, plan, plan.different, delta);
  for (const auto index : plan.immutable) {
    const auto path = plan.path_of(plan.source[index].name);
    ++delta.checks;
    here.around->with.log.write(
        log_level::error, path + ": Source and destination exist but do not match: immutable file modified");
    count_error(self, {failure_kind::no_retry, "immutable file modified"});
  }
  for (const auto& [index, why] : plan.untransformed) {
    here.around->with.log.write(log_level::error,
                                plan.path_of(plan.source[index].name) + ": Failed to transform: " + why.text);
    count_error(self, why);
  }
  delta.queued_transfers = static_cast<std::int64_t>(plan.copy.size());
  delta.queued_bytes = static_cast<std::int64_t>(plan.copy_bytes);
  delta.queued_checks = static_cast<std::int64_t>(plan.check.size() + plan.check_hash.size());
  if (removes_equal) delta.queued_checks += static_cast<std::int64_t>(plan.equal.size());
  here.copies.add({shared, moving ? run_kind::move : run_kind::copy, std::move(plan.copy)});
  here.checks.add({shared, run_kind::check, std::move(plan.check)});
  here.checks.add({shared, run_kind::check_hash, std::move(plan.check_hash)});
  if (removes_equal) here.checks.add({shared, run_kind::remove_source, std::move(plan.equal)});
  for (const auto file : plan.lone) here.order.renames->add_source({shared, file});
  here.lone_files += plan.lone.size();
}

void take_surplus(state& here, const std::shared_ptr<directory_work>& work, stats_delta& delta) {
  auto& plan = work->plan;
  const std::shared_ptr<const directory_plan> shared{work, &plan};
  if (here.renaming == rename_stage::gathering) {
    for (const auto file : plan.surplus) here.order.renames->add_destination({shared, file});
    return;
  }
  here.around->report->found(plan.surplus.size());
  delta.queued_checks += static_cast<std::int64_t>(plan.surplus.size());
  here.removals.add({shared, run_kind::remove, std::move(plan.surplus)});
}

void take_plan(pointer self, const std::shared_ptr<directory_work>& work) {
  auto& here = self->state;
  --here.listing;
  if (!settle_errors(self, *work)) return pump(self);
  auto& plan = work->plan;
  if (plan.source_hidden && !plan.path.empty()) hide_source(here, *work);
  // A move empties what it finds: all directories count then.
  const auto counts_as_empty = plan.source.empty() || here.moving();
  if (here.order.create_empty_directories && !counts_as_empty) here.source_in_use.insert(plan.path);
  stats_delta delta;
  delta.listed = static_cast<std::int64_t>(work->source_listed + work->destination_listed);
  for (const auto& name : plan.duplicates)
    here.around->with.log.write(log_level::notice, name + ": Duplicate object found in listing - ignoring");
  note_directory_time(here, *work);
  note_alone(here, work->task);
  const auto only_deletes = here.first_pass;
  if (!only_deletes) take_source(self, work, delta);
  if (here.deletes && (only_deletes || here.delete_mode != delete_before)) take_surplus(here, work, delta);
  if (work->task.only)
    note_again(here, plan);
  else
    note_below(here, plan);
  plan.below.clear();
  if (work->rest && !work->rest->done()) here.sliced.push_back({work->task, std::move(work->rest)});
  here.around->stats.add(std::move(delta));
  pump(self);
}

} // namespace

void with_loan(pointer self, bool source, std::function<void(session_loan)> then,
               std::function<void(const failure_info&)> refused) {
  auto& kept = source ? self->state.source_loans : self->state.destination_loans;
  if (!kept.empty()) {
    auto loan = std::move(kept.back());
    kept.pop_back();
    return then(std::move(loan));
  }
  const auto& side = source ? self->state.around->source : self->state.around->destination;
  self->request(side.pool, caf::infinite, lease_atom_v, self->state.around->job)
      .then([then = std::move(then)](session_loan& loan) { then(std::move(loan)); },
            [refused = std::move(refused)](caf::error& e) { refused(to_failure(e)); });
}

namespace {

void begin_side(pointer self, const std::shared_ptr<directory_work>& work, bool source) {
  with_loan(
      self, source, [=](session_loan loan) { list_side(self, work, source, std::move(loan)); },
      [=](const failure_info& why) {
        work->refused = why;
        if (work->missing.fetch_sub(1) == 1) return take_plan(self, work);
        if (source && self->state.looks_up()) begin_side(self, work, false);
      });
}

std::shared_ptr<directory_work> work_of(directory_task task) {
  auto work = std::make_shared<directory_work>();
  work->plan.path = task.path;
  work->plan.other_path = task.other_path;
  work->plan.depth = task.depth;
  work->plan.in_source = task.in_source;
  work->dated = !task.alone;
  work->task = std::move(task);
  return work;
}

} // namespace

void begin_slice(pointer self, sliced_directory one) {
  auto& here = self->state;
  ++here.listing;
  const auto work = work_of(std::move(one.task));
  work->rest = std::move(one.rest);
  run_blocking(
      self, here.around->with, {here.around->stop, nullptr, nullptr},
      [work, how = setting_of(here)](const may_block& on) { merge_slice(on, *work, how); },
      [=] { settle_case(self, work); },
      [=](const failure_info& why) {
        work->source_error = why;
        take_plan(self, work);
      });
}

void begin_listing(pointer self, directory_task task) {
  ++self->state.listing;
  const auto work = work_of(std::move(task));
  const auto source = work->task.in_source, destination = work->task.in_destination;
  work->missing = (source ? 1 : 0) + (destination ? 1 : 0);
  if (source) begin_side(self, work, true);
  if (destination && !(source && self->state.looks_up())) begin_side(self, work, false);
}

void read_scope(pointer self) {
  auto& here = self->state;
  ++here.listing;
  here.scope_open = false;
  run_blocking(
      self, here.around->with, {here.around->stop, nullptr, nullptr},
      [scope = here.order.scope](const may_block& on) { return scope->next(on); },
      [=](retry_scope::batch found) {
        auto& state = self->state;
        --state.listing;
        state.scope_open = !state.order.scope->exhausted();
        for (auto& one : found.directories) {
          one.in_destination = !state.around->options->no_check_dest;
          state.directories.push_back(std::move(one));
        }
        auto& surplus = found.surplus_directories;
        if (state.deletes)
          std::move(surplus.begin(), surplus.end(), std::back_inserter(state.surplus_directories));
        pump(self);
      },
      [=](const failure_info& why) {
        --self->state.listing;
        self->state.note(why);
        if (why.kind != failure_kind::cancelled) self->state.fatal = why;
        pump(self);
      });
}

} // namespace argosy::planning
