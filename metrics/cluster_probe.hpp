#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace argosy {

/// What a node of a cluster counts beside the rest: only made where there is a cluster. Names of nodes are
/// labels; there are at most 99.
struct cluster_probe {
  explicit cluster_probe(prometheus::Registry& registry);
  prometheus::Family<prometheus::Gauge>& nodes;   // argosy_cluster_nodes{state}, this one included
  prometheus::Family<prometheus::Gauge>& peer_up; // argosy_cluster_peer_up{peer}, 0 or 1
  prometheus::Family<prometheus::Counter>& lost;  // argosy_cluster_peer_lost_total{peer}
  prometheus::Counter& received;                  // argosy_cluster_received_bytes_total
  prometheus::Counter& sent;                      // argosy_cluster_sent_bytes_total
  prometheus::Gauge& streams;                     // argosy_cluster_streams: open to other nodes
  prometheus::Counter& admitted;      // argosy_cluster_gate_visits_total{outcome="admitted"}: knew the secret
  prometheus::Counter& strangers;     // {outcome="stranger"}: did not
  prometheus::Counter& turned_away;   // {outcome="full"}: closed unheard
  prometheus::Gauge& leases;          // argosy_cluster_leases: runs of this node's jobs that are with others
  prometheus::Counter& runs_done;     // argosy_cluster_runs_total{outcome="done"}: by others, for this node
  prometheus::Counter& runs_returned; // {outcome="returned"}: not begun, given to somebody else
  prometheus::Counter& runs_lost;     // {outcome="lost"}: with their node
  prometheus::Counter& runs_refused;  // {outcome="refused"}: reported by who had the lease no more
};

} // namespace argosy
