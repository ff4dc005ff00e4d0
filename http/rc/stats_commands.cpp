#include "http/rc/command.hpp"

#include "actors/cluster/cluster.hpp"
#include "actors/stats/counters.hpp"
#include "core/time_text.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

void eta(json_writer& w, std::int64_t done, std::int64_t total, double rate) {
  w.key("eta");
  if (const auto seconds = eta_seconds(done, total, rate); seconds >= 0)
    w.value(seconds);
  else
    w.null();
}

void transferring(json_writer& w, const running_transfer& item) {
  w.begin_object();
  if (item.opened) {
    w.key("bytes"), w.value(item.bytes);
    if (!item.destination_fs.empty()) w.key("dstFs"), w.value(item.destination_fs);
    eta(w, item.bytes, item.size, item.speed);
    w.key("group"), w.value(item.group);
    w.key("name"), w.value(item.name);
    w.key("percentage"), w.value(item.size > 0 ? item.bytes * 100 / item.size : 0);
    w.key("size"), w.value(item.size);
    w.key("speed"), w.value(item.speed);
    w.key("speedAvg"), w.value(item.speed_average);
  } else {
    if (!item.destination_fs.empty()) w.key("dstFs"), w.value(item.destination_fs);
    w.key("name"), w.value(item.name);
    w.key("size"), w.value(item.size);
  }
  if (!item.source_fs.empty()) w.key("srcFs"), w.value(item.source_fs);
  w.end_object();
}

std::string stats_text(const stats_snapshot& s, bool brief, const node_names& unreachable = {}) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("bytes"), w.value(s.bytes);
  if (!brief && !s.checking.empty()) {
    w.key("checking");
    w.begin_array();
    for (const auto& name : s.checking) w.value(name);
    w.end_array();
  }
  w.key("checks"), w.value(s.checks);
  w.key("deletedDirs"), w.value(s.deleted_dirs);
  w.key("deletes"), w.value(s.deletes);
  w.key("elapsedTime"), w.value(s.elapsed);
  w.key("errors"), w.value(s.errors);
  eta(w, s.bytes, s.total_bytes, s.speed);
  w.key("fatalError"), w.value(s.fatal_error);
  if (s.errors > 0) w.key("lastError"), w.value(s.last_error);
  w.key("listed"), w.value(s.listed);
  w.key("renames"), w.value(s.renames);
  w.key("retryError"), w.value(s.retry_error);
  w.key("serverSideCopies"), w.value(s.server_side_copies);
  w.key("serverSideCopyBytes"), w.value(s.server_side_copy_bytes);
  w.key("serverSideMoveBytes"), w.value(s.server_side_move_bytes);
  w.key("serverSideMoves"), w.value(s.server_side_moves);
  w.key("speed"), w.value(s.speed);
  w.key("totalBytes"), w.value(s.total_bytes);
  w.key("totalChecks"), w.value(s.total_checks);
  w.key("totalTransfers"), w.value(s.total_transfers);
  w.key("transferTime"), w.value(s.transfer_time);
  if (!brief && !s.transferring.empty()) {
    w.key("transferring");
    w.begin_array();
    for (const auto& item : s.transferring) transferring(w, item);
    w.end_array();
  }
  w.key("transfers"), w.value(s.transfers);
  unreachable_nodes(w, unreachable);
  w.end_object();
  return out;
}

void stats(job_context& job, const daemon& d) {
  const auto group = optional_string(job.input(), "group");
  const auto brief = lenient_bool(job.input(), "short", false);
  if (d.cluster)
    return job.ask(
        d.cluster->actor(),
        [&job, brief](const stats_snapshot& s, const node_names& unreachable) {
          job.succeed(stats_text(s, brief, unreachable));
        },
        all_atom_v, caf::get_atom_v, group);
  job.ask(
      job.around().stats, [&job, brief](const stats_snapshot& s) { job.succeed(stats_text(s, brief)); },
      caf::get_atom_v, group);
}

/// The number of a job behind its default group name, or 0: `jobid` of core/transferred, promised by rclone's
/// text.
job_id job_of(const std::string& group) {
  constexpr std::string_view prefix = "job/";
  if (group.compare(0, prefix.size(), prefix) != 0) return 0;
  job_id id = 0;
  for (const auto c : std::string_view{group}.substr(prefix.size())) {
    if (c < '0' || c > '9') return 0;
    id = id * 10 + static_cast<job_id>(c - '0');
  }
  return id;
}

std::string transferred_text(const std::vector<transfer_record>& records, const node_names& unreachable) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("transferred");
  w.begin_array();
  for (const auto& r : records) {
    w.begin_object();
    w.key("error"), w.value(r.error);
    w.key("name"), w.value(r.name);
    w.key("size"), w.value(r.size);
    w.key("bytes"), w.value(r.bytes);
    w.key("checked"), w.value(r.checked);
    w.key("what"), w.value(to_string(r.what));
    w.key("started_at"), w.value(format_rfc3339_nano(r.started));
    w.key("completed_at"), w.value(format_rfc3339_nano(r.completed));
    if (!r.source_fs.empty()) w.key("srcFs"), w.value(r.source_fs);
    if (!r.destination_fs.empty()) w.key("dstFs"), w.value(r.destination_fs);
    w.key("group"), w.value(r.group);
    w.key("timestamp"), w.value(r.completed / 1'000'000'000);
    if (const auto id = job_of(r.group); id != 0) w.key("jobid"), w.value(id);
    w.end_object();
  }
  w.end_array();
  unreachable_nodes(w, unreachable);
  w.end_object();
  return out;
}

void transferred(job_context& job, const daemon& d) {
  const auto group = optional_string(job.input(), "group");
  if (d.cluster)
    return job.ask(
        d.cluster->actor(),
        [&job](const std::vector<transfer_record>& records, const node_names& unreachable) {
          job.succeed(transferred_text(records, unreachable));
        },
        all_atom_v, caf::flush_atom_v, group);
  job.ask(
      job.around().stats,
      [&job](const std::vector<transfer_record>& records) { job.succeed(transferred_text(records, {})); },
      caf::flush_atom_v, group);
}

void group_list(job_context& job, const daemon&) {
  job.ask(
      job.around().stats,
      [&job](bool any, const std::vector<std::string>& names) {
        std::string out;
        json_writer w{out};
        w.begin_object();
        w.key("groups");
        if (!any) {
          w.null(); // Go's nil slice: rclone's answer while there never was one
        } else {
          w.begin_array();
          for (const auto& name : names) w.value(name);
          w.end_array();
        }
        w.end_object();
        job.succeed(std::move(out));
      },
      list_atom_v);
}

void reset(job_context& job, const daemon&) {
  job.ask(
      job.around().stats, [&job] { job.succeed(); }, caf::reset_atom_v,
      optional_string(job.input(), "group"));
}

void remove(job_context& job, const daemon&) {
  job.ask(
      job.around().stats, [&job] { job.succeed(); }, caf::delete_atom_v,
      optional_string(job.input(), "group"));
}

const parameter group_parameter{"group", "string", false,
                                "name of the stats group; without it all groups together"};

} // namespace

std::vector<command> stats_commands() {
  const char* list_title = "Returns list of stats.";
  const char* list_help =
      "Returns\n\n- groups - names in the order in which they were made, or null when there are none\n";
  return {
      {"core/stats",
       "Returns stats about current transfers.",
       right::open,
       right::open,
       {group_parameter, {"short", "boolean", false, "leave out the lists of what is under way"}},
       "Stats",
       "Returns the figures of one stats group, or the sum over all: bytes, speed, errors, checks, "
       "transfers, deletes, "
       "renames and their totals, and what is being transferred and checked now.\n",
       {},
       stats},
      {"core/transferred",
       "Returns stats about completed transfers.",
       right::open,
       right::open,
       {group_parameter},
       "{transferred: TransferredItem[], unreachable?: string[]}",
       "Returns\n\n- transferred - the last 100 finished items, in the order in which they were started\n",
       {},
       transferred},
      {"core/group-list",
       list_title,
       right::open,
       right::open,
       {},
       "{groups: string[] | null}",
       list_help,
       {},
       group_list},
      {"core/group_list",
       list_title,
       right::open,
       right::open,
       {},
       "{groups: string[] | null}",
       list_help,
       {},
       group_list},
      {"core/stats-reset",
       "Reset stats.",
       right::authenticated,
       right::open,
       {group_parameter},
       "{}",
       "Sets the figures of a group to zero; without a group those of all, and forgets the groups.\n",
       {},
       reset},
      {"core/stats-delete",
       "Delete stats group.",
       right::authenticated,
       right::open,
       {{"group", "string", false, "name of the group"}},
       "{}",
       "Forgets a stats group and what it counted.\n",
       {},
       remove},
  };
}

} // namespace argosy::rc
