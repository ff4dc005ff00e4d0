#include "metrics/cluster_probe.hpp"

namespace argosy {

namespace {

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

constexpr const char* visits_name = "argosy_cluster_gate_visits_total";
constexpr const char* visits_help = "Connections to the port of the cluster, by what became of them.";
constexpr const char* runs_name = "argosy_cluster_runs_total";
constexpr const char* runs_help = "Runs that were leased to other nodes, by what became of them.";

} // namespace

cluster_probe::cluster_probe(prometheus::Registry& registry) :
    nodes(gauges(registry, "argosy_cluster_nodes", "Nodes that this one knows, itself included, by state.")),
    peer_up(gauges(registry, "argosy_cluster_peer_up", "Whether another node answers.")),
    lost(counters(registry, "argosy_cluster_peer_lost_total", "How often another node was lost.")),
    received(counters(registry, "argosy_cluster_received_bytes_total", "Bytes from other nodes.").Add({})),
    sent(counters(registry, "argosy_cluster_sent_bytes_total", "Bytes to other nodes.").Add({})),
    streams(gauges(registry, "argosy_cluster_streams", "Open connections to other nodes.").Add({})),
    admitted(counters(registry, visits_name, visits_help).Add({{"outcome", "admitted"}})),
    strangers(counters(registry, visits_name, visits_help).Add({{"outcome", "stranger"}})),
    turned_away(counters(registry, visits_name, visits_help).Add({{"outcome", "full"}})),
    leases(
        gauges(registry, "argosy_cluster_leases", "Runs of this node's jobs that others work on.").Add({})),
    runs_done(counters(registry, runs_name, runs_help).Add({{"outcome", "done"}})),
    runs_returned(counters(registry, runs_name, runs_help).Add({{"outcome", "returned"}})),
    runs_lost(counters(registry, runs_name, runs_help).Add({{"outcome", "lost"}})),
    runs_refused(counters(registry, runs_name, runs_help).Add({{"outcome", "refused"}})) {}

} // namespace argosy
