#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>

#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include "actors/reports/outcome.hpp"
#include "core/failure.hpp"
#include "core/time_text.hpp"

/// What travels between actors. Everything here is a value that can cross a wire; what stays inside the
/// process (sessions, continuations) is in local_messages.hpp. Append only: type ids and numbers are what
/// nodes agree on.
namespace argosy {

using job_id = std::uint64_t;

/// Error codes of our actors. Append only.
enum class ec : std::uint8_t {
  none,
  failed,    ///< context: failure_kind as uint8_t, text
  not_found, ///< context: what
  stopping,  ///< the actor ends and takes nothing more
};
std::string to_string(ec code);

/// One finished piece of work on one file, as core/transferred shows it.
struct transfer_record {
  std::string name;
  std::int64_t size = -1;
  std::int64_t bytes = 0;
  bool checked = false;
  work_kind what = work_kind::transferring;
  std::string error;
  nanoseconds started = 0;
  nanoseconds completed = 0;
  std::string source_fs, destination_fs;
  std::string group; ///< filled in by the group
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, transfer_record& x) {
  return f(caf::meta::type_name("transfer_record"), x.name, x.size, x.bytes, x.checked, x.what, x.error,
           x.started, x.completed, x.source_fs, x.destination_fs, x.group);
}

/// What happened since the last report: every number is added to its group (3.2). The queue figures may be
/// negative, and so may the errors: those are forgiven, as what failed was mended by another attempt.
struct stats_delta {
  std::int64_t bytes = 0, checks = 0, transfers = 0, deletes = 0, deleted_dirs = 0, renames = 0, listed = 0,
               errors = 0;
  std::int64_t queued_transfers = 0, queued_bytes = 0, queued_checks = 0;
  std::int64_t server_side_copies = 0, server_side_copy_bytes = 0, server_side_moves = 0,
               server_side_move_bytes = 0;
  bool fatal_error = false, retry_error = false;
  std::string last_error;                 ///< empty: none
  std::vector<transfer_record> completed; ///< in the order they were started
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stats_delta& x) {
  return f(caf::meta::type_name("stats_delta"), x.bytes, x.checks, x.transfers, x.deletes, x.deleted_dirs,
           x.renames, x.listed, x.errors, x.queued_transfers, x.queued_bytes, x.queued_checks,
           x.server_side_copies, x.server_side_copy_bytes, x.server_side_moves, x.server_side_move_bytes,
           x.fatal_error, x.retry_error, x.last_error, x.completed);
}

/// One transfer under way.
struct running_transfer {
  std::string name, group, source_fs, destination_fs;
  std::int64_t size = -1, bytes = 0;
  bool opened = false; ///< bytes flow: the figures below mean something
  double speed = 0, speed_average = 0;
  nanoseconds started = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, running_transfer& x) {
  return f(caf::meta::type_name("running_transfer"), x.name, x.group, x.source_fs, x.destination_fs, x.size,
           x.bytes, x.opened, x.speed, x.speed_average, x.started);
}

/// A group's figures at one moment; snapshots of several groups add up (3.1).
struct stats_snapshot {
  std::int64_t bytes = 0, checks = 0, transfers = 0, deletes = 0, deleted_dirs = 0, renames = 0, listed = 0,
               errors = 0;
  std::int64_t total_bytes = 0, total_checks = 0, total_transfers = 0;
  std::int64_t server_side_copies = 0, server_side_copy_bytes = 0, server_side_moves = 0,
               server_side_move_bytes = 0;
  bool fatal_error = false, retry_error = false;
  std::string last_error;
  double speed = 0;         ///< bytes/s, moving average
  double elapsed = 0;       ///< seconds since the group was made
  double transfer_time = 0; ///< seconds in which something was transferred
  std::vector<running_transfer> transferring;
  std::vector<std::string> checking;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stats_snapshot& x) {
  return f(caf::meta::type_name("stats_snapshot"), x.bytes, x.checks, x.transfers, x.deletes, x.deleted_dirs,
           x.renames, x.listed, x.errors, x.total_bytes, x.total_checks, x.total_transfers,
           x.server_side_copies, x.server_side_copy_bytes, x.server_side_moves, x.server_side_move_bytes,
           x.fatal_error, x.retry_error, x.last_error, x.speed, x.elapsed, x.transfer_time, x.transferring,
           x.checking);
}

/// How a job stands or ended.
struct job_status {
  job_id id = 0;
  std::string group;
  nanoseconds started = 0;
  nanoseconds ended = 0; ///< 0 while it runs
  bool finished = false;
  failure_info error;
  std::string output; ///< JSON laid out at depth 0; empty: none
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_status& x) {
  return f(caf::meta::type_name("job_status"), x.id, x.group, x.started, x.ended, x.finished, x.error.kind,
           x.error.text, x.output);
}

struct job_lists {
  std::vector<job_id> running, finished;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_lists& x) {
  return f(caf::meta::type_name("job_lists"), x.running, x.finished);
}

/// One file of a run.
struct file_action {
  std::string name; ///< below the run's directory
  std::int64_t size = -1;
  nanoseconds modified = 0;
  std::string destination_name = {}; ///< where it differs: other case or composition; empty: the same
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, file_action& x) {
  return f(caf::meta::type_name("file_action"), x.name, x.size, x.modified, x.destination_name);
}

enum class run_kind : std::uint8_t {
  copy,          ///< source to destination
  move,          ///< source to destination, then gone at the source
  check,         ///< same size, other time: compare by hash, then copy, mend the time, or leave it
  check_hash,    ///< compare by hash whatever the times say
  remove,        ///< at the destination
  remove_source, ///< at the source (a move whose destination is identical)
};

/// Files of one directory that are worked on together: an actor a file costs 2.5 us, a run of 64 costs a
/// thirtieth.
struct file_run {
  job_id job = 0;
  std::uint64_t number = 0; ///< within the job
  run_kind kind = run_kind::copy;
  std::string directory;
  std::vector<file_action> files;
  std::string destination_directory = {}; ///< where it differs; empty: the same
  bool moves = false; ///< of a check: what is the same, or has been copied, goes at the source
  /// Of a removal at the destination: the directory's name at the source where it differs, and whether the
  /// source had it at all.
  std::string source_directory = {};
  bool in_source = true;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, file_run& x) {
  return f(caf::meta::type_name("file_run"), x.job, x.number, x.kind, x.directory, x.files,
           x.destination_directory, x.moves, x.source_directory, x.in_source);
}

/// What became of a run. Files without a failure are done; found = copied + skipped + failed.
struct run_report {
  std::uint64_t number = 0;
  std::uint64_t copied = 0, skipped = 0, removed = 0, bytes = 0;
  struct failed_file {
    std::uint32_t index;
    failure_info error;
  };
  std::vector<failed_file> failed;
  std::vector<std::uint32_t> different; ///< of a check that was told not to transfer (check_first)
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, run_report::failed_file& x) {
  return f(caf::meta::type_name("failed_file"), x.index, x.error.kind, x.error.text);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, run_report& x) {
  return f(caf::meta::type_name("run_report"), x.number, x.copied, x.skipped, x.removed, x.bytes, x.failed,
           x.different);
}

} // namespace argosy

CAF_ERROR_CODE_ENUM(argosy::ec, "argosy")

CAF_BEGIN_TYPE_ID_BLOCK(argosy, first_custom_type_id)
CAF_ADD_TYPE_ID(argosy, (argosy::transfer_record))
CAF_ADD_TYPE_ID(argosy, (argosy::stats_delta))
CAF_ADD_TYPE_ID(argosy, (argosy::running_transfer))
CAF_ADD_TYPE_ID(argosy, (argosy::stats_snapshot))
CAF_ADD_TYPE_ID(argosy, (argosy::job_status))
CAF_ADD_TYPE_ID(argosy, (argosy::job_lists))
CAF_ADD_TYPE_ID(argosy, (argosy::file_action))
CAF_ADD_TYPE_ID(argosy, (argosy::file_run))
CAF_ADD_TYPE_ID(argosy, (argosy::run_report))
CAF_ADD_TYPE_ID(argosy, (std::vector<argosy::transfer_record>))
CAF_ADD_TYPE_ID(argosy, (std::vector<argosy::job_status>))
CAF_ADD_ATOM(argosy, argosy, resume_atom, "resume")
CAF_ADD_ATOM(argosy, argosy, lease_atom, "lease")
CAF_ADD_ATOM(argosy, argosy, lend_atom, "lend")
CAF_ADD_ATOM(argosy, argosy, return_atom, "return")
CAF_ADD_ATOM(argosy, argosy, started_atom, "started")
CAF_ADD_ATOM(argosy, argosy, finished_atom, "finished")
CAF_ADD_ATOM(argosy, argosy, status_atom, "status")
CAF_ADD_ATOM(argosy, argosy, stop_atom, "stop")
CAF_ADD_ATOM(argosy, argosy, group_atom, "group")
CAF_ADD_ATOM(argosy, argosy, drain_atom, "drain")
CAF_ADD_ATOM(argosy, argosy, depth_atom, "depth")
CAF_ADD_ATOM(argosy, argosy, rate_atom, "rate")
CAF_ADD_ATOM(argosy, argosy, list_atom, "list")
CAF_ADD_ATOM(argosy, argosy, report_atom, "report")
CAF_END_TYPE_ID_BLOCK(argosy)
