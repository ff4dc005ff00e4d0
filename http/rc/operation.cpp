#include "http/rc/operation.hpp"

#include <algorithm>
#include <utility>

#include "actors/reports/report_writer.hpp"
#include "actors/stats/delta.hpp"
#include "backends/costly_times.hpp"
#include "core/failure.hpp"

namespace argosy::rc {

namespace {

constexpr nanoseconds flush_after = 200'000'000;
constexpr std::size_t files_of_a_run = 1000; // bounds what one message to the stats group holds

} // namespace

std::string trimmed_path(const std::string& path) {
  const auto first = path.find_first_not_of('/');
  if (first == std::string::npos) return {};
  return path.substr(first, path.find_last_not_of('/') - first + 1);
}

operation::operation(const may_block& scope, std::shared_ptr<const setting> around,
                     std::vector<session*> sessions) :
    on(scope),
    around_(std::move(around)), sessions_(std::move(sessions)), flushed_(now()),
    deletions_(options(), around_->deletes_before) {}

operation::~operation() { flush(); }

void operation::flush() {
  around_->stats.add(std::exchange(pending_, {}));
  flushed_ = now();
}

walk_request operation::below(const std::string& directory, bool with_rules) const {
  if (!with_rules) return {directory, -1, nullptr};
  return {directory, options().max_depth, around_->rules.get()};
}

walk_visitor
operation::counting(std::function<void(const std::string& directory, listing&& entries)> entries) {
  walk_visitor visit;
  visit.entries = std::move(entries);
  visit.failed = [this](const std::string& directory, const failure& why) {
    failed(directory, why.within("error listing"));
    file_outcome one;
    one.how = outcome_kind::failed;
    one.what = work_kind::listing;
    one.started = now();
    one.kind = why.kind();
    one.error = why.what();
    enter_directory(directory, one);
  };
  visit.listed = [this](std::size_t n) {
    stats_delta delta;
    delta.listed = static_cast<std::int64_t>(n);
    count(delta);
  };
  return visit;
}

void operation::count(const stats_delta& delta) {
  add_figures(pending_, delta);
  pending_.completed.insert(pending_.completed.end(), delta.completed.begin(), delta.completed.end());
  if (pending_.completed.size() >= files_of_a_run || now() - flushed_ > flush_after) flush();
}

void operation::checked(transfer_record record, const std::string& error, stats_delta counts) {
  record.checked = true;
  record.error = error;
  record.completed = now();
  ++counts.checks;
  counts.completed.push_back(std::move(record));
  count(counts);
}

void operation::failed(const std::string& what, const failure& why) {
  // A cancelled call counts as failed, but the operator need not hear of it.
  if (why.kind() != failure_kind::cancelled)
    around_->with.log.write(log_level::error, what.empty() ? why.what() : what + ": " + why.what());
  stats_delta delta;
  add_error(delta, info_of(why));
  count(delta);
}

void operation::enter(const std::string& path, const file_outcome& one) {
  entered_ = true;
  if (around_->report) enter_file(on, *around_->report, path, one);
}

void operation::enter_directory(const std::string& path, file_outcome one) {
  one.is_directory = true;
  if (around_->report) report_writer{on, *around_->report, {path}}.add(one);
}

void operation::enter_failed(const std::string& path, const failure& why, file_outcome one) {
  one.how = outcome_kind::failed;
  one.kind = why.kind();
  one.error = why.what();
  enter(path, one);
}

bool operation::skipped(const std::string& what, const char* action, std::int64_t size) const {
  return only_told(options(), around_->with.log, what, action, size);
}

work_sessions operation::copying() const {
  work_sessions at{&this->at(), &to(), nullptr, {}};
  auto next = sessions_.begin() + static_cast<std::ptrdiff_t>(around_->remotes.size());
  if (around_->beside.backup.store) at.backup = *next++;
  const auto hands = next + static_cast<std::ptrdiff_t>(around_->beside.others.size());
  at.others.assign(next, hands);
  at.crew.pool = &around_->with.io;
  for (next = hands; next != sessions_.end(); next += 2) at.crew.hands.push_back({next[0], next[1]});
  return at;
}

file_run operation::cut_to_max_delete(file_run& run) {
  auto refused = run;
  for (std::size_t i = 0; i < run.files.size(); ++i) {
    try {
      deletions_.admit(run.files[i].size);
    } catch (const failure&) {
      refused.files.erase(refused.files.begin(), refused.files.begin() + static_cast<std::ptrdiff_t>(i));
      run.files.resize(i);
      return refused;
    }
  }
  refused.files.clear();
  return refused;
}

void operation::refuse_to_delete(const file_run& run, std::size_t failures) {
  const auto& first = run.files.front();
  try {
    delete_file(at(), around_->texts.front(), path_below(run.directory, first.name), first.size);
  } catch (const failure& why) {
    fail_run(on, removing(), run, info_of(why));
    fail(why.kind(), "failed to delete " + std::to_string(failures) + " files");
  }
}

run_environment operation::removing() const {
  return {around_->with,
          around_->job,
          remote{},
          around_->remotes.front(),
          around_->options,
          around_->policy,
          hash_type::none,
          around_->stop,
          around_->stats,
          around_->texts.front(),
          std::string{},
          {},
          {},
          {},
          {},
          around_->report};
}

std::size_t operation::delete_run(const std::shared_ptr<const file_run>& run) {
  const auto& fs = around_->texts.front();
  const auto around = removing();
  const auto files = static_cast<std::int64_t>(run->files.size());
  stats_delta queued;
  queued.queued_checks = files;
  flush();
  around_->stats.add(queued);
  const auto progress = std::make_shared<transfer_progress>(run, fs, std::string{}, around_->stats.totals());
  around_->stats.started(progress);
  auto outcome = work_on(on, around, *run, *progress, {nullptr, &at(), nullptr, {}});
  outcome.delta.queued_checks = -files;
  around_->stats.finished(progress, std::move(outcome.delta));
  return outcome.report.failed.size();
}

void operation::delete_files(const std::string& directory, bool with_rules) {
  std::size_t failures = 0;
  std::uint64_t number = 0;
  const auto remove = [&](const std::shared_ptr<file_run>& run) {
    run->number = ++number;
    around_->report->found(run->files.size());
    const auto refused = cut_to_max_delete(*run);
    if (!run->files.empty()) failures += delete_run(run);
    if (!refused.files.empty()) refuse_to_delete(refused, failures + 1);
    on.check();
  };

  const listings_for need{listing_need::names, at()};
  const auto last = walk(on, at(), below(directory, with_rules),
                         counting([&](const std::string& path, const listing& entries) {
                           std::shared_ptr<file_run> run;
                           for (std::size_t i = 0; i < entries.size(); ++i) {
                             const auto entry = entries[i];
                             if (entry.kind != entry_kind::file) continue;
                             if (!run) {
                               run = std::make_shared<file_run>();
                               run->job = around_->job;
                               run->kind = run_kind::remove;
                               run->directory = path;
                             }
                             run->files.push_back({std::string{entry.name}, entry.size, entry.modified});
                             if (run->files.size() == files_of_a_run) remove(std::exchange(run, nullptr));
                           }
                           if (run) remove(run);
                         }));
  // A directory that is not there holds nothing: whoever goes on to remove it says so itself.
  if (last && (with_rules || last->kind() != failure_kind::directory_not_found)) throw *last;
  if (failures > 0) fail(failure_kind::other, "failed to delete " + std::to_string(failures) + " files");
}

void operation::delete_file(session& where, const std::string& fs, const std::string& path,
                            std::int64_t size) {
  stats_delta delta;
  transfer_record record;
  record.name = path;
  record.size = size;
  record.what = work_kind::deleting;
  record.source_fs = fs;
  record.started = now();
  try {
    deletions_.admit(size);
    delta.deletes = 1;
    if (!skipped(path, "delete", size)) where.remove(on, path);
  } catch (const failure& why) {
    failed(path, why);
    checked(std::move(record), why.what(), delta);
    throw;
  }
  checked(std::move(record), {}, delta);
}

void operation::remove_empty_directories(const std::string& directory, bool leave_root, bool with_rules) {
  std::size_t failures = 0;
  std::optional<failure> last;
  for (const auto& path :
       empty_directories(on, at(), below(directory, with_rules), leave_root, counting({}))) {
    on.check();
    stats_delta delta;
    delta.deleted_dirs = 1;
    count(delta);
    if (skipped(path, "remove directory")) continue;
    try {
      at().remove_directory(on, path);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      failed(path, why.within("Failed to rmdir"));
      ++failures;
      last = why;
    }
  }
  if (!last) return;
  throw last->within(failures == 1 ? "failed to remove directories"
                                   : "failed to remove directories: " + std::to_string(failures) +
                                         " errors: last error");
}

namespace {

std::shared_ptr<transfer_progress> progress_of(const operation& work, const std::string& name,
                                               std::int64_t size, const std::string& from,
                                               const std::string& to) {
  const auto run = std::make_shared<file_run>();
  run->job = work.around().job;
  run->kind = run_kind::copy;
  run->files.push_back({name, size, 0});
  return std::make_shared<transfer_progress>(run, from, to, work.around().stats.totals());
}

} // namespace

file_transfer::file_transfer(operation& work, const std::string& name, std::int64_t size,
                             const std::string& from, const std::string& to) :
    work_(work),
    progress_(progress_of(work, name, size, from, to)), limit_(work.options().bwlimit_file, work.on),
    scope_(work.on.for_listener(progress_.get()).for_throttle(limit_.throttle())) {
  record.name = name;
  record.size = size;
  record.source_fs = from;
  record.destination_fs = to;
  record.started = now();
  stats_delta queued;
  queued.queued_transfers = 1;
  queued.queued_bytes = std::max<std::int64_t>(size, 0);
  const auto& stats = work_.around().stats;
  stats.add(queued);
  stats.started(progress_);
  progress_->begin(0);
}

file_transfer::~file_transfer() {
  if (!ended_) failed({failure_kind::cancelled, "context canceled"});
}

void file_transfer::finished(bool counts) {
  file_outcome one;
  one.what = record.what;
  one.size = record.size;
  one.started = record.started;
  one.duration = now() - record.started;
  work_.enter(record.name, one);
  end(counts);
}

void file_transfer::end(bool counts) {
  ended_ = true;
  progress_->end(counts);
  const auto bytes = static_cast<std::int64_t>(progress_->total_bytes());
  delta.queued_transfers = -1;
  delta.queued_bytes = -std::max<std::int64_t>(record.size, 0);
  delta.bytes += bytes;
  delta.transfers += static_cast<std::int64_t>(progress_->transferred());
  record.bytes = bytes;
  record.completed = now();
  delta.completed.push_back(std::move(record));
  std::stable_sort(delta.completed.begin(), delta.completed.end(),
                   [](const transfer_record& a, const transfer_record& b) { return a.started < b.started; });
  // What was counted before belongs before it.
  work_.flush();
  work_.around().stats.finished(progress_, std::move(delta));
}

void file_transfer::failed(const failure& why) {
  work_.failed(record.name, why);
  record.error = why.what();
  file_outcome one;
  one.what = record.what;
  one.size = record.size;
  one.started = record.started;
  one.duration = now() - record.started;
  work_.enter_failed(record.name, why, one);
  end(false);
}

void open_setting(job_context& job, std::vector<std::string> texts, bool files_too, const copy_policy& policy,
                  std::function<void(const std::shared_ptr<operation::setting>& around,
                                     const std::optional<std::string>& only)>
                      then) {
  job.open_remotes(
      texts, [&job, texts, files_too, policy, then = std::move(then)](const std::vector<remote>& opened) {
        for (const auto& one : opened)
          if (one.file && !(files_too && &one == &opened.front()))
            fail(failure_kind::is_a_file, "is a file not a directory");
        const auto only = opened.front().file;
        job.open_stats([&job, texts, opened, only, policy, then](const stats_sink& stats) {
          if (job.kept_report() && !job.pace())
            job.keep(std::make_shared<job_pace>(job_pace::start{}, job_pace::start{}, job.with().upload));
          auto around = std::make_shared<operation::setting>(
              operation::setting{job.with(), job.request().id, opened, texts, job.options(), job.rules(),
                                 job.stop(), stats, policy, job.kept_report()});
          if (job.options()->max_delete < 0) return then(around, only);
          job.ask(
              job.around().stats,
              [around, only, then](const stats_snapshot& before) {
                around->deletes_before = before.deletes;
                then(around, only);
              },
              caf::get_atom_v, job.request().group_name());
        });
      });
}

namespace {

void begin(job_context& job, std::vector<std::string> texts, bool files_too, const copy_policy& policy,
           std::function<std::string(operation&, const std::optional<std::string>&)> work) {
  open_setting(job, std::move(texts), files_too, policy,
               [&job, work = std::move(work)](const std::shared_ptr<const operation::setting>& around,
                                              const std::optional<std::string>& only) {
                 run_operation(
                     job, around, [work, only](operation& here) { return work(here, only); },
                     [&job](std::string output) { job.succeed(std::move(output)); });
               });
}

} // namespace

void operate(job_context& job, std::vector<std::string> texts, std::function<std::string(operation&)> work,
             const copy_policy& policy) {
  begin(job, std::move(texts), false, policy,
        [work = std::move(work)](operation& here, const std::optional<std::string>&) { return work(here); });
}

void operate_on_file_too(job_context& job, const std::string& text,
                         std::function<std::string(operation&, const std::optional<std::string>&)> work) {
  begin(job, {text}, true, {}, std::move(work));
}

} // namespace argosy::rc
