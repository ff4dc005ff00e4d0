#include "http/rc/command.hpp"

#include <algorithm>
#include <optional>

#include "actors/cluster/cluster.hpp"
#include "core/bandwidth_limit.hpp"
#include "core/time_text.hpp"
#include "http/params.hpp"
#include "http/rc/batch.hpp"
#include "http/rc/job_report.hpp"

namespace argosy::rc {

namespace {

void write_figure(json_writer& w, const pace_figure& figure) {
  w.begin_object();
  w.key("reason"), w.value(figure.reason);
  w.key("value"), w.value(figure.value);
  w.end_object();
}

void write_pace(json_writer& w, const job_pace& pace) {
  const auto now = pace.now();
  w.begin_object();
  w.key("bwlimit"), w.value(format_bandwidth({now.bandwidth, now.bandwidth}));
  w.key("checkers"), write_figure(w, now.checkers);
  w.key("transfers"), write_figure(w, now.transfers);
  w.end_object();
}

/// Nothing of a job that no other node has helped with.
void write_shares(json_writer& w, const std::vector<node_share>& shares) {
  if (shares.empty()) return;
  w.key("nodes");
  w.begin_array();
  for (const auto& share : shares) {
    w.begin_object();
    w.key("bytes"), w.value(share.bytes);
    w.key("files"), w.value(share.files);
    w.key("name"), w.value(share.node);
    w.end_object();
  }
  w.end_array();
}

/// What rclone has not.
struct status_details {
  std::optional<file_account> account = {};
  std::shared_ptr<job_pace> pace = {};
  std::vector<node_share> shares = {};
};

std::string status_text(const job_status& status, const std::string& execute_id, const std::string& node,
                        const status_details& details = {}) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  if (details.account) w.key("account"), write_account(w, *details.account);
  w.key("duration"),
      w.value(status.finished ? static_cast<double>(status.ended - status.started) / 1e9 : 0.0);
  w.key("endTime"),
      w.value(status.finished ? format_rfc3339_nano(status.ended) : std::string{zero_time_text});
  w.key("error"), w.value(status.error.text);
  w.key("executeId"), w.value(execute_id);
  w.key("finished"), w.value(status.finished);
  w.key("group"), w.value(status.group);
  w.key("id"), w.value(status.id);
  if (!node.empty()) w.key("node"), w.value(node);
  write_shares(w, details.shares);
  w.key("output");
  if (status.output.empty())
    w.null();
  else
    w.raw(status.output);
  if (details.pace) w.key("pace"), write_pace(w, *details.pace);
  w.key("startTime"), w.value(format_rfc3339_nano(status.started));
  w.key("success"), w.value(status.finished && !status.error);
  w.end_object();
  return out;
}

/// Negative and unknown numbers alike are no job's.
job_id require_job(const json& input) { return static_cast<job_id>(require_int(input, "jobid")); }

/// Of a job of this daemon; `node` is its name in a cluster. What rclone has not is there when it is asked
/// for.
void own_status(job_context& job, const daemon& d, const std::string& node) {
  const auto id = require_job(job.input());
  job.ask(
      job.around().jobs,
      [&job, &d, node, id, details = optional_bool(job.input(), "details", false)](
          const job_status& found, const std::shared_ptr<job_report>& report,
          const std::shared_ptr<job_pace>& pace) {
        const auto& own = job.with().execute_id;
        if (!details) return job.succeed(status_text(found, own, node));
        status_details all;
        if (report) all.account = report->account();
        all.pace = pace;
        if (d.cluster == nullptr) return job.succeed(status_text(found, own, node, all));
        job.ask(
            d.cluster->actor(),
            [&job, &own, node, found, all](const std::vector<node_share>& shares) {
              auto with_shares = all;
              with_shares.shares = shares;
              job.succeed(status_text(found, own, node, with_shares));
            },
            share_atom_v, id);
      },
      report_atom_v, id);
}

/// Of a job that was lost with its node, as it was last known.
std::string lost_text(const job_status& status, const std::string& node, const job_summary& lost) {
  file_account account;
  account.found = lost.found;
  account.copied = lost.copied;
  account.skipped = lost.skipped;
  account.failed = lost.failed;
  account.deleted = lost.deleted;
  account.renamed = lost.renamed;
  return status_text(status, {}, node, {account, {}, {}});
}

void status(job_context& job, const daemon& d) {
  if (d.cluster == nullptr) return own_status(job, d, {});
  job.ask(
      d.cluster->actor(),
      [&job, &d](const job_status& found, const std::string& execute_id, const std::string& node,
                 const std::vector<job_summary>& lost) {
        if (!lost.empty()) return job.succeed(lost_text(found, node, lost.front()));
        if (execute_id == job.with().execute_id) return own_status(job, d, node);
        job.succeed(status_text(found, execute_id, node));
      },
      all_atom_v, status_atom_v, require_job(job.input()));
}

std::string list_text(const job_lists& lists, const std::string& execute_id, const node_names& unreachable) {
  auto all = lists.running;
  all.insert(all.end(), lists.finished.begin(), lists.finished.end());
  std::sort(all.begin(), all.end());
  std::string out;
  json_writer w{out};
  const auto ids = [&](const char* key, const std::vector<job_id>& of) {
    w.key(key);
    w.begin_array();
    for (const auto id : of) w.value(id);
    w.end_array();
  };
  w.begin_object();
  w.key("executeId"), w.value(execute_id);
  ids("finishedIds", lists.finished);
  ids("jobids", all);
  ids("runningIds", lists.running);
  unreachable_nodes(w, unreachable);
  w.end_object();
  return out;
}

void list(job_context& job, const daemon& d) {
  const auto& own = job.with().execute_id;
  if (d.cluster)
    return job.ask(
        d.cluster->actor(),
        [&job, &own](const job_lists& lists, const node_names& unreachable) {
          job.succeed(list_text(lists, own, unreachable));
        },
        all_atom_v, list_atom_v);
  job.ask(
      job.around().jobs, [&job, &own](const job_lists& lists) { job.succeed(list_text(lists, own, {})); },
      list_atom_v);
}

/// What job/set is given; empty: not given.
struct pace_change {
  std::optional<std::int64_t> transfers, checkers, bandwidth;
};

std::optional<std::int64_t> count_of(const json& input, const char* name) {
  if (!input.contains(name)) return std::nullopt;
  const auto value = require_int(input, name);
  constexpr std::int64_t most = 1000;
  if (value < 0 || value > most)
    fail(failure_kind::bad_parameter,
         std::string{name} + " must be 0 to " + std::to_string(most) + ", not " + std::to_string(value));
  return value;
}

pace_change change_of(const json& input) {
  pace_change change{count_of(input, "transfers"), count_of(input, "checkers"), std::nullopt};
  if (!input.contains("bwlimit")) return change;
  const auto text = require_string(input, "bwlimit");
  bandwidth_timetable table;
  try {
    table = bandwidth_timetable::parse(text);
  } catch (const failure& why) {
    throw why.within("bad bwlimit");
  }
  if (table.slots.size() > 1)
    fail(failure_kind::bad_parameter, "bad bwlimit: \"" + text + "\" is a timetable, a job has one limit");
  const auto limit = table.slots.empty() ? bandwidth_pair{} : table.slots.front().limit;
  change.bandwidth = std::max(limit.upload, limit.download);
  return change;
}

void set(job_context& job, const daemon&) {
  const auto id = require_job(job.input());
  job.ask(
      job.around().jobs,
      [&job, id, change = change_of(job.input())](const job_status& found, const std::shared_ptr<job_report>&,
                                                  const std::shared_ptr<job_pace>& pace) {
        if (found.finished) fail(failure_kind::other, "job " + std::to_string(id) + " has ended");
        if (!pace)
          fail(failure_kind::other, "job " + std::to_string(id) + " moves no files, or has not begun to");
        if (change.transfers) pace->set_transfers(*change.transfers);
        if (change.checkers) pace->set_checkers(*change.checkers);
        if (change.bandwidth) pace->set_bandwidth(*change.bandwidth);
        std::string out;
        json_writer w{out};
        write_pace(w, *pace);
        job.succeed(std::move(out));
      },
      report_atom_v, id);
}

void stop(job_context& job, const daemon& d) {
  const auto id = require_job(job.input());
  if (d.cluster)
    return job.ask(
        d.cluster->actor(), [&job] { job.succeed(); }, all_atom_v, stop_atom_v, id);
  job.ask(
      job.around().jobs, [&job] { job.succeed(); }, stop_atom_v, id);
}

void stop_group(job_context& job, const daemon& d) {
  if (d.cluster)
    return job.ask(
        d.cluster->actor(),
        [&job](const node_names& unreachable) {
          std::string out;
          json_writer w{out};
          w.begin_object();
          unreachable_nodes(w, unreachable);
          w.end_object();
          job.succeed(std::move(out));
        },
        all_atom_v, stop_atom_v, require_string(job.input(), "group"));
  job.ask(
      job.around().jobs, [&job] { job.succeed(); }, stop_atom_v, require_string(job.input(), "group"));
}

} // namespace

std::vector<command> job_commands() {
  return {
      {"job/status",
       "Reads the status of the job ID",
       right::open,
       right::open,
       {{"jobid", "integer", true, "id of the job"},
        {"details", "boolean", false, "also account and pace, which rclone has not"}},
       "JobStatus",
       "Returns\n\n- finished, success - booleans\n- duration - seconds, 0 while the job runs\n- startTime, "
       "endTime - RFC 3339\n"
       "- error - text, empty when all is well\n- id, executeId, group\n- output - what the call would have "
       "returned, null while it runs\n- account - with details, of a job that works on files: how many it "
       "found, and of "
       "these how many are copied, skipped, failed, deleted and renamed\n- pace - with details, of a job "
       "that moves files: "
       "how "
       "many transfers and checkers at once, why so many, and its bwlimit\n- nodes - with details, of a job "
       "that other nodes of the cluster have helped with: the files and bytes that each of them has done\n\n"
       "A job that was lost with its node has ended, with an error that says so; its account is the last "
       "that "
       "was known of it.\n",
       {},
       status},
      {"job/list",
       "Lists the IDs of the running jobs",
       right::open,
       right::open,
       {},
       "{executeId: string, jobids: integer[], runningIds: integer[], finishedIds: integer[], "
       "unreachable?: string[]}",
       "Returns\n\n- executeId - of this process\n- jobids - all ids that are known\n- runningIds, "
       "finishedIds - the same, apart\n",
       {},
       list},
      {"job/stop",
       "Stop the running job",
       right::authenticated,
       right::open,
       {{"jobid", "integer", true, "id of the job"}},
       "{}",
       "Cancels the job; it ends by itself soon after.\n",
       {},
       stop},
      {"job/stopgroup",
       "Stop all running jobs in a group",
       right::authenticated,
       right::open,
       {{"group", "string", true, "name of the group"}},
       "{unreachable?: string[]}",
       "Cancels every job of that stats group, on each node of a cluster.\n",
       {},
       stop_group},
      {"job/set",
       "Change how much a running job does at once",
       right::authenticated,
       right::authenticated,
       {{"jobid", "integer", true, "id of a running job"},
        {"transfers", "integer", false, "files at once; 0 gives it back to options and autotuning"},
        {"checkers", "integer", false, "listings and checks at once; 0 as with transfers"},
        {"bwlimit", "string", false, "bytes per second of this job within the limit of the process, or off"}},
       "Pace",
       "Takes effect at once: more begins now, less as what runs comes to its end. What is not given "
       "stays.\n\n"
       "Returns what is in force then, as job/status shows it in pace.\n\nThis command is not in rclone.\n",
       {},
       set},
      {"job/report",
       "What became of each file of a job",
       right::authenticated,
       right::authenticated,
       {{"jobid", "integer", true, "id of the job"},
        {"outcome", "string", false,
         "only files of these outcomes: copied, skipped, failed, deleted, renamed, with commas between"},
        {"attempts", "boolean", false, "also what failed and was tried again by the same job"},
        {"limit", "integer", false, "most files of a page, 1 to 10000; 1000 without it"},
        {"cursor", "string", false, "where the page begins: next of the page before"},
        {"format", "\"json\" | \"ndjson\"", false,
         "ndjson: all files, a line of JSON each, without a bound on their number"}},
       "{jobid: integer, finished: boolean, complete: boolean, account: Account, files: FileOutcome[], "
       "next?: "
       "string}",
       "Tells of each file that a job has found what became of it, and of directories with which something "
       "went wrong. A report is kept as long as job/status knows the job.\n\nReturns\n\n"
       "- files - one object each, in the order in which they were done\n"
       "- next - give it as cursor to get what follows; absent behind the last page of a job that has ended\n"
       "- finished - false while the job runs: more may follow\n"
       "- account - the sums; found = copied + skipped + failed + deleted + renamed at the end\n"
       "- complete - false when the disk did not take some records\n\nThis command is not in rclone.\n",
       {},
       report,
       false,
       false,
       true},
      {"job/retry",
       "Run again what failed in a job",
       right::authenticated,
       right::authenticated,
       {{"jobid", "integer", true, "id of a job that has ended"},
        {"_retries", "integer", false,
         "begin again up to this many times in all when it fails; as the job had it without it"}},
       "object",
       "Runs the command of that job once more, with its parameters. The sync commands do only what failed: "
       "files that failed are looked at again, directories that could not be listed are listed, and what a "
       "stopped job had not come to is done. Parameters and options given here take the place of the job's. "
       "A "
       "job without failures is left alone.\n\nReturns what the command of the job returns.\n\nThis command "
       "is not in rclone.\n",
       {},
       retry},
      {"job/batch",
       "Run a batch of rclone rc commands concurrently.",
       right::authenticated,
       right::authenticated,
       {{"inputs", "{_path: string, *: any}[]", true,
         "objects: the parameters of one command each, and its path as _path"},
        {"concurrency", "integer", false, "commands at once; without it as many as transfers"}},
       "{results: object[]}",
       "Runs several commands, each as a job of its own in the stats group of the batch unless it names "
       "another. _async, _group, _config and _filter may stand in each input. A command that fails does not "
       "fail the batch. Commands that need the raw request or reply cannot be part of one.\n\n"
       "Returns\n\n- results - what each command returned, or its error object, in the order of inputs\n",
       {},
       batch},
  };
}

} // namespace argosy::rc
