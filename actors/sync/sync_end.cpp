#include <algorithm>
#include <functional>
#include <utility>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/reports/report_writer.hpp"
#include "actors/stats/delta.hpp"
#include "actors/sync/sync_state.hpp"
#include "backends/copy_object.hpp"

namespace argosy::planning {

namespace {

/// What is left to do about directories, in the order of the members.
struct tidy_work {
  std::vector<directory_end> make;
  std::vector<std::string> surplus;
  std::vector<directory_end> empty, times;
  bool nothing() const { return make.empty() && surplus.empty() && empty.empty() && times.empty(); }
};

struct tidied {
  std::int64_t removed = 0;
  std::vector<std::pair<directory_end, failure_info>> failed;
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
tidied tidy_up(const may_block& on, const tidy_work& work, session& source, session& destination,
               const copy_policy& policy) {
  tidied done;
  for (const auto& one : work.make) {
    try {
      destination.make_directory(on, one.destination_path);
    } catch (const failure& f) {
      if (f.kind() == failure_kind::cancelled) throw;
      done.failed.emplace_back(one, info_of(f));
    }
  }
  for (const auto& path : work.surplus) remove_if_empty(on, destination, path, done);
  for (const auto& one : work.empty) remove_if_empty(on, source, one.path, done);
  for (const auto& one : work.times) {
    try {
      copy_directory_metadata(on, source, destination, {one.path, one.destination_path, -1, one.modified},
                              policy);
    } catch (const failure& f) {
      // A directory without files is not there unless it was asked for.
      if (f.kind() == failure_kind::cancelled) throw;
      if (f.kind() != failure_kind::directory_not_found) done.failed.emplace_back(one, info_of(f));
    }
  }
  return done;
}

directory_task task_of(const directory_end& one, bool in_source) {
  directory_task task;
  task.path = one.path;
  task.in_source = in_source;
  if (one.destination_path != one.path) task.other_path = one.destination_path;
  return task;
}

void fail_directories(state& here, const std::vector<directory_end>& which, const failure_info& why) {
  for (const auto& one : which)
    here.unfinished.directories.push_back({task_of(one, true), work_kind::transferring, why});
}

void fail_surplus(state& here, const std::vector<std::string>& which, const failure_info& why) {
  for (const auto& path : which)
    here.unfinished.directories.push_back({task_of({path, path, 0}, false), work_kind::deleting, why});
}

void fail_tidying(state& here, const tidy_work& work, const failure_info& why) {
  fail_directories(here, work.make, why);
  fail_directories(here, work.empty, why);
  fail_directories(here, work.times, why);
  fail_surplus(here, work.surplus, why);
}

/// Surplus directories, and empty ones of a move, must stay when something went wrong (3.6.5).
void keep_directories_after_errors(pointer self) {
  auto& here = self->state;
  // With delete mode "before" the pass that deletes went well, or there was no other one.
  const auto errors =
      (here.went_wrong() && here.delete_mode != delete_before) || here.order.errors_before > 0;
  if (!errors || here.around->options->ignore_errors) return;
  here.order.delete_empty_directories = false;
  if (here.surplus_directories.empty()) return;
  const failure_info why{failure_kind::other, "not deleting directories as there were IO errors"};
  fail_surplus(here, std::exchange(here.surplus_directories, {}), why);
  if (!here.went_wrong()) count_error(self, why);
}

/// Sorted, each once. What lies deeper comes first, except where parents have to be made.
void sort_by_path(std::vector<directory_end>& which, bool deep_first) {
  std::sort(which.begin(), which.end(), [&](const directory_end& a, const directory_end& b) {
    return deep_first ? a.path > b.path : a.path < b.path;
  });
  which.erase(std::unique(which.begin(), which.end(),
                          [](const directory_end& a, const directory_end& b) { return a.path == b.path; }),
              which.end());
}

/// Takes from the plan what is to be done about directories.
std::shared_ptr<const tidy_work> take_tidy_work(state& here) {
  auto work = std::make_shared<tidy_work>();
  work->surplus = std::move(here.surplus_directories);
  work->times = std::move(here.directory_times);
  if (here.order.create_empty_directories)
    std::copy_if(here.source_directories.begin(), here.source_directories.end(),
                 std::back_inserter(work->make),
                 [&](const directory_end& one) { return here.source_in_use.count(one.path) == 0; });
  if (here.moving() && here.order.delete_empty_directories) work->empty = here.source_directories;
  here.source_directories.clear();
  std::sort(work->surplus.begin(), work->surplus.end(), std::greater<>());
  work->surplus.erase(std::unique(work->surplus.begin(), work->surplus.end()), work->surplus.end());
  sort_by_path(work->make, false);
  sort_by_path(work->empty, true);
  sort_by_path(work->times, true);
  return work;
}

void over(pointer self) {
  auto& here = self->state;
  here.now_in = phase::over;
  here.around->pace->when_changed({});
  if (here.around->limits) here.around->limits->over();
  auto& result = here.result;
  if (auto limit = here.cut_short())
    result.error = std::move(limit);
  else if (here.around->stop.cancelled())
    result.error = {failure_kind::cancelled, "context canceled"};
  else if (here.fatal)
    result.error = here.fatal;
  else if (here.listing_failure)
    result.error = here.listing_failure;
  else
    result.error = here.ordinary ? here.ordinary : here.no_retry;
  auto done = std::move(here.done);
  here.done = nullptr;
  done(std::move(result));
  self->quit();
}

// -- what was not done
// ------------------------------------------------------------------------------------------------

/// Enters records of failures, of which most share their words.
class failure_entry {
public:
  failure_entry(const may_block& on, const run_environment& around) : on_(on), around_(around) {
    one_.how = outcome_kind::failed;
    one_.started = now();
  }
  void chunk(const unfinished_work::files& left) {
    const auto& plan = *left.chunk.plan;
    because(left.why, work_of(left.chunk.kind));
    report_writer records{on_, report(), place_of(plan.path, plan.other_path, plan.in_source)};
    for (const auto file : left.chunk.files) {
      const auto entry = entry_of(plan, left.chunk.kind, file);
      one_.size = entry.size;
      add(records, entry.name);
    }
  }
  void directory(const unfinished_work::directory& left) {
    const auto& task = left.task;
    if (task.only) return names(task, *task.only, left.why);
    because(left.why, left.what);
    report_writer records{on_, report(), place_of(task.path, task.other_path, task.in_source)};
    add(records, {}, true);
  }
  /// Of another report, or of an attempt before: fails again, for another reason.
  void again(const report_place& place, const file_outcome& old, const failure_info& why) {
    because(why, old.what);
    report_writer records{on_, report(), place};
    one_.size = old.size;
    if (!old.is_directory) report().found(1);
    add(records, old.name, old.is_directory);
  }

private:
  job_report& report() { return *around_.report; }
  report_place place_of(const std::string& path, const std::string& other_path, bool in_source) const {
    return {path, in_source, other_path, around_.reported_fs};
  }
  void because(const failure_info& why, work_kind what) {
    one_.what = what;
    one_.kind = why.kind;
    one_.error = why.text;
    one_.size = -1;
  }
  void add(report_writer& records, std::string_view name, bool directory = false) {
    one_.name = name;
    one_.is_directory = directory;
    records.add(one_);
  }
  /// What was to be looked at again in a directory.
  void names(const directory_task& task, const revisit& only, const failure_info& why) {
    report().found(only.files.size() + only.surplus.size());
    {
      report_writer records{on_, report(), place_of(task.path, task.other_path, task.in_source)};
      because(why, work_kind::transferring);
      for (const auto& name : only.files) add(records, name);
      because(why, work_kind::deleting);
      for (const auto& name : only.surplus) add(records, name);
    }
    const auto below = [](const std::string& parent, const std::string& name) {
      return parent.empty() ? name : parent + "/" + name;
    };
    because(why, work_kind::transferring);
    for (const auto& name : only.directories) {
      const auto other = task.other_path.empty() ? std::string{} : below(task.other_path, name);
      report_writer records{on_, report(), place_of(below(task.path, name), other, task.in_source)};
      add(records, {}, true);
    }
  }

  const may_block& on_;
  const run_environment& around_;
  file_outcome one_;
};

void enter_unfinished(const may_block& on, const run_environment& around, const unfinished_work& left) {
  failure_entry entry{on, around};
  for (const auto& one : left.chunks) entry.chunk(one);
  for (const auto& one : left.directories) entry.directory(one);
  if (left.scope)
    left.scope->rest(on, [&](const report_place& place, const file_outcome& one) {
      entry.again(place, one, left.why_not_the_rest);
    });
  around.report->settle(on);
}

} // namespace

failure_info state::why_given_up() const {
  if (auto limit = cut_short()) return limit;
  if (around->stop.cancelled() || !fatal) return {failure_kind::cancelled, "context canceled"};
  return fatal;
}

void close_account(pointer self) {
  auto& here = self->state;
  here.now_in = phase::over;
  if (here.giving_up()) {
    const auto why = here.why_given_up();
    // Of the pass that copies nothing is known yet.
    if (here.first_pass) here.directories.push_back({"", true, true, 0});
    for (auto& one : std::exchange(here.sliced, {})) here.directories.push_back(std::move(one.task));
    for (auto& task : std::exchange(here.directories, {}))
      here.unfinished.directories.push_back({std::move(task), work_kind::listing, why});
    fail_tidying(here, *take_tidy_work(here), why);
    if (here.order.scope && !here.order.scope->exhausted()) {
      here.unfinished.scope = here.order.scope;
      here.unfinished.why_not_the_rest = why;
    }
  }
  if (here.unfinished.nothing() && here.around->report->settled()) return over(self);
  // Nothing cancels this.
  run_blocking(
      self, here.around->with, {cancellation{}, nullptr, nullptr},
      [around = here.around, left = std::exchange(here.unfinished, {})](const may_block& on) {
        enter_unfinished(on, *around, left);
      },
      [self] { over(self); },
      [self](const failure_info& why) {
        self->state.note(why);
        over(self);
      });
}

void tidy(pointer self) {
  auto& here = self->state;
  here.now_in = phase::tidying;
  keep_directories_after_errors(self);
  const auto work = take_tidy_work(here);
  if (work->nothing() || here.around->options->dry_run) return close_account(self);
  const auto failed = [=](const failure_info& why) {
    self->state.note(why);
    fail_tidying(self->state, *work, why);
    close_account(self);
  };
  const auto refused = [=](const failure_info& why) {
    self->state.fatal = why;
    failed(why);
  };
  // Both in the order of the pools' ids: no two plans can each hold what the other waits for.
  const auto source_first = here.around->source.pool.id() < here.around->destination.pool.id();
  with_loan(
      self, source_first,
      [=](const session_loan& first) {
        with_loan(
            self, !source_first,
            [=](const session_loan& second) {
              const auto& source = source_first ? first : second;
              const auto& destination = source_first ? second : first;
              run_blocking(
                  self, self->state.around->with, {self->state.around->stop, nullptr, nullptr},
                  [=, around = self->state.around](const may_block& on) {
                    return tidy_up(on, *work, source.open(on), destination.open(on), around->policy);
                  },
                  [=](const tidied& done) {
                    stats_delta delta;
                    delta.deleted_dirs = done.removed;
                    self->state.around->stats.add(std::move(delta));
                    for (const auto& [which, why] : done.failed) {
                      count_error(self, why);
                      fail_directories(self->state, {which}, why);
                    }
                    close_account(self);
                  },
                  failed);
            },
            refused);
      },
      refused);
}

void begin_deleting(pointer self) {
  auto& here = self->state;
  here.now_in = phase::deleting;
  const auto forbidden = !here.around->options->ignore_errors && here.delete_mode == delete_after;
  if (forbidden && !here.removals.empty() && (here.went_wrong() || here.order.errors_before > 0)) {
    const failure_info why{failure_kind::other, "not deleting files as there were IO errors"};
    if (!here.went_wrong()) count_error(self, why);
    drop(self, here.removals, why);
  }
  pump(self);
}

} // namespace argosy::planning
