#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/messages.hpp"

/// What travels between nodes beside the messages of actors/messages.hpp. Append only, as there; the ids
/// begin behind theirs.
namespace argosy {

/// How busy a node is, told each second.
struct node_report {
  std::uint32_t number = 0;              ///< of the node; it may change
  std::uint64_t jobs = 0, transfers = 0; ///< running
  double speed = 0;                      ///< bytes/s
  double load = 0;                       ///< of the machine, over a minute, as in uptime(1)
  bool draining = false;                 ///< begins nothing new
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_report& x) {
  return f(caf::meta::type_name("node_report"), x.number, x.jobs, x.transfers, x.speed, x.load, x.draining);
}

/// A running job as the other nodes know it, in case its node is lost: what another one needs to go on with
/// it.
struct job_summary {
  job_id id = 0;
  std::uint32_t term = 1; ///< 1 at the node that took the call; each adoption adds one. The highest counts
  bool finished = false;  ///< of an adopted one: it need not be adopted again
  std::string group;
  nanoseconds started = 0;
  std::string path;  ///< the command
  std::string input; ///< its parameters as JSON; empty: too long to be told
  std::uint64_t found = 0, copied = 0, skipped = 0, failed = 0, deleted = 0, renamed = 0; ///< files
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, job_summary& x) {
  return f(caf::meta::type_name("job_summary"), x.id, x.term, x.finished, x.group, x.started, x.path, x.input,
           x.found, x.copied, x.skipped, x.failed, x.deleted, x.renamed);
}

/// A job that other nodes may help with: everything that they need to do runs of it.
struct share_offer {
  job_id job = 0;
  std::uint64_t helper = 0;        ///< what the planner calls the node that takes it
  std::string node;                ///< the planner
  std::string source, destination; ///< fs texts
  std::string remotes;             ///< what they need of the configuration: portable_remotes as JSON
  std::string options;             ///< main options in force, as JSON
  std::uint64_t transfers = 1, checkers = 1;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, share_offer& x) {
  return f(caf::meta::type_name("share_offer"), x.job, x.helper, x.node, x.source, x.destination, x.remotes,
           x.options, x.transfers, x.checkers);
}

/// How far a run is: the figures of its transfer_progress.
struct run_progress {
  std::uint64_t number = 0;                 ///< of the run
  std::uint64_t begun = 0, transferred = 0; ///< files
  std::uint64_t bytes = 0;
  bool under_way = false; ///< the last that was begun
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, run_progress& x) {
  return f(caf::meta::type_name("run_progress"), x.number, x.begun, x.transferred, x.bytes, x.under_way);
}

/// How far a helper is with a job.
struct helper_report {
  std::uint64_t helper = 0;
  std::vector<run_progress> running;
  std::uint64_t waiting = 0; ///< runs that it has and did not begin
  bool wants = false;        ///< more
  bool idle = false;         ///< it could begin something now
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, helper_report& x) {
  return f(caf::meta::type_name("helper_report"), x.helper, x.running, x.waiting, x.wants, x.idle);
}

/// What a node has done of a job that another one plans.
struct node_share {
  std::string node;
  std::uint64_t files = 0, bytes = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_share& x) {
  return f(caf::meta::type_name("node_share"), x.node, x.files, x.bytes);
}

/// What became of a run on another node.
struct run_result {
  run_report report;
  stats_delta delta;
  std::string records; ///< of its files: blocks as report_block::store() has them
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, run_result& x) {
  return f(caf::meta::type_name("run_result"), x.report, x.delta, x.records);
}

} // namespace argosy

CAF_BEGIN_TYPE_ID_BLOCK(argosy_cluster, first_custom_type_id + 100)
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::node_report))
CAF_ADD_ATOM(argosy_cluster, argosy, link_atom, "link")
CAF_ADD_ATOM(argosy_cluster, argosy, heard_atom, "heard")
CAF_ADD_ATOM(argosy_cluster, argosy, bye_atom, "bye")
CAF_ADD_ATOM(argosy_cluster, argosy, called_atom, "called")
CAF_ADD_ATOM(argosy_cluster, argosy, answered_atom, "answered")
CAF_ADD_ATOM(argosy_cluster, argosy, opened_atom, "opened")
CAF_ADD_ATOM(argosy_cluster, argosy, nodes_atom, "nodes")
CAF_ADD_ATOM(argosy_cluster, argosy, all_atom, "all")
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::share_offer))
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::helper_report))
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::run_result))
CAF_ADD_TYPE_ID(argosy_cluster, (std::vector<argosy::run_result>))
CAF_ADD_TYPE_ID(argosy_cluster, (std::vector<argosy::file_run>))
CAF_ADD_TYPE_ID(argosy_cluster, (std::vector<std::uint64_t>))
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::job_summary))
CAF_ADD_TYPE_ID(argosy_cluster, (std::vector<argosy::job_summary>))
CAF_ADD_ATOM(argosy_cluster, argosy, adopt_atom, "adopt")
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::node_share))
CAF_ADD_TYPE_ID(argosy_cluster, (std::vector<argosy::node_share>))
CAF_ADD_ATOM(argosy_cluster, argosy, offer_atom, "offer")
CAF_ADD_ATOM(argosy_cluster, argosy, share_atom, "share")
CAF_END_TYPE_ID_BLOCK(argosy_cluster)
