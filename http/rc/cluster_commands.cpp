#include "http/rc/command.hpp"

#include "actors/cluster/cluster.hpp"
#include "core/failure.hpp"

namespace argosy::rc {

namespace {

void node(json_writer& w, const node_view& one) {
  w.begin_object();
  w.key("address"), w.value(one.address);
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

void nodes(job_context& job, const daemon& d) {
  if (!d.cluster)
    fail(failure_kind::other, "this daemon is no node of a cluster: it was started without --cluster-listen");
  job.ask(
      d.cluster->actor(),
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

} // namespace

std::vector<command> cluster_commands() {
  return {
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
