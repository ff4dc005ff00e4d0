#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/bandwidth.hpp"
#include "actors/jobs/job.hpp"
#include "actors/transfers/deletion_limits.hpp"
#include "actors/transfers/run_files.hpp"
#include "actors/transfers/side_remotes.hpp"
#include "backends/operations.hpp"

/// What the calls operations/* share: everything here runs on one I/O thread and tells the stats group of the
/// call as it goes.
namespace argosy::rc {

/// A path of a request without slashes around it: rclone shows odd things for them (rc-surface 3.8).
std::string trimmed_path(const std::string& path);

/// One call at work on one remote, or from one to another.
class operation {
public:
  /// What is known before the I/O thread begins.
  struct setting {
    services& with;
    job_id job = 0;
    std::vector<remote> remotes;
    std::vector<std::string> texts; ///< their fs texts, as core/transferred shows them
    std::shared_ptr<const main_options> options;
    std::shared_ptr<const filter> rules; ///< may be empty
    cancellation stop;
    stats_sink stats;
    copy_policy policy;
    std::shared_ptr<job_report> report; ///< empty: the call keeps none
    std::int64_t deletes_before = 0;    ///< of the stats group: max_delete counts over its whole life
    side_remotes beside = {};           ///< of a copy of one file
    std::shared_ptr<transfer_limits> limits = {}; ///< of a copy of one file; empty: none
    std::size_t hands = 0; ///< of a copy of one file: connections of both sides beside the first ones
  };
  operation(const may_block& on, std::shared_ptr<const setting> around, std::vector<session*> sessions);
  /// Tells the rest of what was counted.
  ~operation();
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;

  const may_block& on;
  const setting& around() const { return *around_; }
  const main_options& options() const { return *around_->options; }
  /// The remote, or the one to read from.
  session& at() const { return *sessions_.front(); }
  /// The remote to write to.
  session& to() const { return *sessions_[around_->remotes.size() - 1]; }
  /// For a copy from at() to to(), with what stands beside them.
  work_sessions copying() const;

  /// `with_rules`: within the filter and max_depth.
  walk_request below(const std::string& directory, bool with_rules = true) const;
  /// Counts what a walk lists and what fails in it, and hands entries on.
  walk_visitor counting(std::function<void(const std::string& directory, listing&& entries)> entries);

  void count(const stats_delta& delta);
  /// A piece of work of the checking kind has ended: counted as a check, with what else `counts` holds, and
  /// shown by core/transferred as `record`, which names what it was, on what, and when it began.
  void checked(transfer_record record, const std::string& error, stats_delta counts = {});
  /// An error that the call meets: counted and logged.
  void failed(const std::string& what, const failure& why);
  /// Enters a file into the report, if the call keeps one.
  void enter(const std::string& path, const file_outcome& one);
  /// The same for one that failed.
  void enter_failed(const std::string& path, const failure& why, file_outcome one = {});
  /// The same for a directory, which does not count as a file.
  void enter_directory(const std::string& path, file_outcome one);
  /// Whether any file was entered.
  bool entered() const { return entered_; }
  /// Runs `work` and counts what it throws as an error of the call.
  template <class Work>
  void counting_failure(const std::string& what, Work work) {
    try {
      work();
    } catch (const failure& why) {
      failed(what, why);
      throw;
    }
  }
  /// With dry_run the deed is only told (rc-surface 3.6.11): true then. `size` is -1 where there is none.
  bool skipped(const std::string& what, const char* action, std::int64_t size = -1) const;

  /// Removes files below `directory` at at(), those that pass the rules, as a sync removes them. Throws
  /// `failed to delete N files`.
  void delete_files(const std::string& directory, bool with_rules);
  /// One file: counted as deletion.
  void delete_file(session& where, const std::string& fs, const std::string& path, std::int64_t size);
  /// Directories without files, the deepest first. Throws `failed to remove directories: ...`.
  void remove_empty_directories(const std::string& directory, bool leave_root, bool with_rules);

private:
  friend class file_transfer;
  void flush();
  /// Takes out of a run what they forbid, and gives it.
  file_run cut_to_max_delete(file_run& run);
  /// Of the files that they forbid the first is told, which throws; all are entered.
  void refuse_to_delete(const file_run& run, std::size_t failures);
  run_environment removing() const;
  /// Removes the files of a run; how many could not be.
  std::size_t delete_run(const std::shared_ptr<const file_run>& run);
  std::shared_ptr<const setting> around_;
  std::vector<session*> sessions_;
  stats_delta pending_; // told in lumps: a message a directory would be many
  nanoseconds flushed_;
  deletion_limits deletions_;
  bool entered_ = false;
};

/// One file on its way: shown by core/stats while this lives and by core/transferred afterwards.
class file_transfer {
public:
  /// `size` is -1 if unknown; `from` and `to` are fs texts or empty.
  file_transfer(operation& work, const std::string& name, std::int64_t size, const std::string& from,
                const std::string& to);
  /// What was neither finished nor failed was cancelled.
  ~file_transfer();
  file_transfer(const file_transfer&) = delete;
  file_transfer& operator=(const file_transfer&) = delete;

  /// For the calls that move the file's bytes.
  const may_block& scope() const { return scope_; }
  transfer_progress& progress() { return *progress_; }
  /// What core/transferred will show.
  transfer_record record;
  /// What is counted at the end beside bytes and the transfer itself, with records of its own.
  stats_delta delta;

  /// `counts`: as a transfer. The report has it as copied.
  void finished(bool counts);
  /// Counted as an error of the call.
  void failed(const failure& why);
  /// Runs `work()`, which answers whether it counts as a transfer. What it throws is counted and thrown on.
  template <class Work>
  void run(Work work) {
    try {
      finished(work());
    } catch (const failure& why) {
      failed(why);
      throw;
    }
  }

private:
  void end(bool counts);
  operation& work_;
  const std::shared_ptr<transfer_progress> progress_;
  const file_bandwidth limit_;
  const may_block scope_;
  bool ended_ = false;
};

/// Opens the remotes of a call and its stats group. `files_too`: the first may point at a file, of which
/// `only` is the leaf; otherwise that is failure(is_a_file).
void open_setting(job_context& job, std::vector<std::string> texts, bool files_too, const copy_policy& policy,
                  std::function<void(const std::shared_ptr<operation::setting>& around,
                                     const std::optional<std::string>& only)>
                      then);

/// Leases a connection of each remote of a setting and runs `work` on an I/O thread under the upload limit;
/// what it returns goes to `then`, what it throws ends the job.
template <class Work, class Then>
void run_operation(job_context& job, const std::shared_ptr<const operation::setting>& around, Work work,
                   Then then) {
  // In this order operation finds them.
  auto remotes = around->remotes;
  if (around->beside.backup.store) remotes.push_back(around->beside.backup);
  remotes.insert(remotes.end(), around->beside.others.begin(), around->beside.others.end());
  for (std::size_t i = 0; i < around->hands; ++i)
    remotes.insert(remotes.end(), {around->remotes.front(), around->remotes.back()});
  job.lease(remotes, [&job, around, work, then](std::vector<session_loan> loans) {
    job.block(
        job.pace() ? &job.pace()->throttle() : &job.with().upload,
        [around, work, pace = job.pace(), loans = std::move(loans)](const may_block& on) {
          std::vector<session*> sessions;
          for (const auto& loan : loans) sessions.push_back(&loan.open(on));
          operation here{on, around, std::move(sessions)};
          return work(here);
        },
        then);
  });
}

/// Opens the remotes of a call and its stats group, leases a connection of each, runs `work` on an I/O thread
/// under the upload limit and ends the job with the JSON text it returns. A remote that points at a file is
/// failure(is_a_file). What copies or removes files gives its policy_of() the options, which refuses before
/// anything is touched.
void operate(job_context& job, std::vector<std::string> texts, std::function<std::string(operation&)> work,
             const copy_policy& policy = {});

/// The same for one remote that may be a file: then `only` is its leaf.
void operate_on_file_too(job_context& job, const std::string& text,
                         std::function<std::string(operation&, const std::optional<std::string>& only)> work);

} // namespace argosy::rc
