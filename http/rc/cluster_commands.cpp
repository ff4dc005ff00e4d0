#include "http/rc/command.hpp"

#include "actors/cluster/cluster.hpp"
#include "core/failure.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

void node(json_writer& w, const node_view& one) {
  w.begin_object();
  w.key("address"), w.value(one.address);
  w.key("draining"), w.value(one.report.draining);
  w.key("exports");
  w.begin_array();
  for (const auto& folder : one.exports) w.value(folder);
  w.end_array();
  w.key("lastSeen");
  if (one.heard)
    w.value(static_cast<double>(one.self ? 0 : one.silence.count()) / 1e9);
  else
    w.null();
  w.key("load"), w.value(one.report.load);
  w.key("name"), w.value(one.name);
  w.key("number"), w.value(static_cast<std::uint64_t>(one.number));
  w.key("reason"), w.value(one.reason);
  w.key("runningJobs"), w.value(one.report.jobs);
  w.key("runningTransfers"), w.value(one.report.transfers);
  w.key("self"), w.value(one.self);
  w.key("speed"), w.value(one.report.speed);
  w.key("state"), w.value(to_string(one.state));
  w.key("version"), w.value(one.version);
  w.end_object();
}

const cluster_actor& cluster_of(const daemon& d) {
  if (d.cluster == nullptr)
    fail(failure_kind::other, "this daemon is no node of a cluster: it was started without --cluster-listen");
  return d.cluster->actor();
}

void nodes(job_context& job, const daemon& d) {
  job.ask(
      cluster_of(d),
      [&job](const std::vector<node_view>& all) {
        std::string out;
        json_writer w{out};
        w.begin_object();
        w.key("nodes");
        w.begin_array();
        for (const auto& one : all) node(w, one);
        w.end_array();
        w.end_object();
        job.succeed(std::move(out));
      },
      nodes_atom_v);
}

void drain(job_context& job, const daemon& d) {
  const auto off = optional_bool(job.input(), "off", false);
  job.ask(
      cluster_of(d), [&job] { job.succeed(); }, all_atom_v, drain_atom_v, require_string(job.input(), "node"),
      !off);
}

void adopt(job_context& job, const daemon& d) {
  const auto id = static_cast<job_id>(require_int(job.input(), "jobid"));
  job.ask(
      cluster_of(d),
      [&job, id](const std::string& node) {
        std::string out;
        json_writer w{out};
        w.begin_object();
        w.key("jobid"), w.value(id);
        w.key("node"), w.value(node);
        w.end_object();
        job.succeed(std::move(out));
      },
      all_atom_v, adopt_atom_v, id, optional_string(job.input(), "node"));
}

} // namespace

std::vector<command> cluster_commands() {
  return {
      {"cluster/adopt",
       "Lets a node go on with a job that was lost with another one.",
       right::authenticated,
       right::authenticated,
       {{"jobid", "integer", true, "id of a job that job/status shows as lost"},
        {"node", "string", false, "name of the node that goes on; the one that is asked without it"}},
       "{jobid: integer, node: string}",
       "The node makes the same call under the same id. A sync finds what was done already to be the same "
       "and "
       "does not do it again. Should the lost node come back with the job, it stops its own.\n\n"
       "Returns\n\n- jobid - the same id\n- node - the name of the node that goes on\n",
       {},
       adopt},
      {"cluster/drain",
       "Lets a node of the cluster begin nothing new.",
       right::authenticated,
       right::authenticated,
       {{"node", "string", true, "name of the node"},
        {"off", "boolean", false, "let it begin new work again"}},
       "{}",
       "The node refuses calls of sync/ and operations/ from now on; what runs there goes on, and it answers "
       "all "
       "other calls. When cluster/nodes shows no running jobs of it, it can be ended without loss.\n",
       {},
       drain},
      {"cluster/nodes",
       "Lists the nodes of the cluster.",
       right::authenticated,
       right::authenticated,
       {},
       "{nodes: ClusterNode[]}",
       "Returns\n\n- nodes - this node first, then the others by name, with what they last said of "
       "themselves\n\n"
       "A daemon that was started without --cluster-listen is no node and answers with an error.\n",
       {},
       nodes},
  };
}

} // namespace argosy::rc
