#include "http/rc/command.hpp"

#include <algorithm>

#include "actors/cluster/cluster.hpp"
#include "core/time_text.hpp"
#include "http/params.hpp"
#include "http/rc/batch.hpp"

namespace argosy::rc {

namespace {

std::string status_text(const job_status& status, const std::string& execute_id,
                        const std::string& node = {}) {
  std::string out;
  json_writer w{out};
  w.begin_object();
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
  w.key("output");
  if (status.output.empty())
    w.null();
  else
    w.raw(status.output);
  w.key("startTime"), w.value(format_rfc3339_nano(status.started));
  w.key("success"), w.value(status.finished && !status.error);
  w.end_object();
  return out;
}

/// Negative and unknown numbers alike are no job's.
job_id require_job(const json& input) { return static_cast<job_id>(require_int(input, "jobid")); }

void status(job_context& job, const daemon& d) {
  if (d.cluster)
    return job.ask(
        d.cluster->actor(),
        [&job](const job_status& found, const std::string& execute_id, const std::string& node) {
          job.succeed(status_text(found, execute_id, node));
        },
        all_atom_v, status_atom_v, require_job(job.input()));
  job.ask(
      job.around().jobs,
      [&job](const job_status& found) { job.succeed(status_text(found, job.with().execute_id)); },
      status_atom_v, require_job(job.input()));
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
       {{"jobid", "integer", true, "id of the job"}},
       "JobStatus",
       "Returns\n\n- finished, success - booleans\n- duration - seconds, 0 while the job runs\n- startTime, "
       "endTime - RFC 3339\n"
       "- error - text, empty when all is well\n- id, executeId, group\n- output - what the call would have "
       "returned, null while it runs\n",
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
