#pragma once

#include <memory>

#include "actors/actors.hpp"
#include "actors/reports/job_report.hpp"
#include "actors/services.hpp"
#include "actors/stats/stats.hpp"
#include "actors/transfers/deletion_limits.hpp"
#include "actors/transfers/side_remotes.hpp"
#include "actors/transfers/transfer_limits.hpp"
#include "backends/copy_object.hpp"
#include "core/cancellation.hpp"
#include "core/options.hpp"

namespace argosy {

/// What all runs of one job share. Immutable while they run, except through the thread-safe parts.
struct run_environment {
  services& with;
  job_id job = 0;
  remote source, destination; ///< source may be empty when runs only remove at the destination
  std::shared_ptr<const main_options> options;
  copy_policy policy;
  hash_type common_hash = hash_type::none;
  cancellation stop;
  stats_sink stats;
  std::string source_fs, destination_fs; ///< as core/transferred shows them
  side_remotes beside = {};
  std::shared_ptr<transfer_limits> limits = {};    ///< empty: none
  std::shared_ptr<deletion_limits> deletions = {}; ///< of sources that are moved away; empty: none
  std::shared_ptr<job_pace> pace = {};             ///< empty: only the limits of the process
  std::shared_ptr<job_report> report = {};         ///< gets a record of each file
  std::string reported_fs = {};                    ///< of a job with several destinations: which one this is
};

/// Copy rules as the options of a call set them. Throws failure(unsupported) for an option that changes what
/// is written or asks somebody, and that this release does not have.
copy_policy policy_of(const main_options& options);

/// With dry_run a deed is only told to the log (rc-surface 3.6.11): true then. `what` is a path, `action` as
/// rclone words it, `size` -1 where there is none.
bool only_told(const main_options& options, logger& log, const std::string& what, const char* action,
               std::int64_t size = -1);

/// Where the files of a run are, for the report.
report_place place_of(const run_environment& around, const file_run& run);
/// What core/transferred and the report call this work before anything is known of a file.
work_kind work_of(run_kind kind);

/// A run's report for the plan and its figures for the stats group.
struct run_outcome {
  run_report report;
  stats_delta delta;
};

/// Works through a run on this I/O thread, file by file, and enters each into the job's report, but for those
/// that a check finds to be different with check_first. A failing file does not stop the others;
/// cancellation stops at the next MiB and the rest counts as failed with "context canceled", or with the
/// limit that was reached. Throws nothing.
run_outcome work_on(const may_block& on, const run_environment& around, const file_run& run,
                    transfer_progress& progress, const work_sessions& at);
/// The same when nothing could be begun: every file failed with `why`.
run_outcome fail_run(const may_block& on, const run_environment& around, const file_run& run,
                     const failure_info& why);

} // namespace argosy
