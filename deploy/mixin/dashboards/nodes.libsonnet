// Nodes side by side, and what they say of each other.
local dashboard = import '../lib/dashboard.libsonnet';
local p = import '../lib/panels.libsonnet';

local s = { s: dashboard.selector };
local q(expr, legend) = p.query(expr % s, legend);

function(config) dashboard.new(config, 'Nodes', 'argosy-nodes', 'Daemons side by side, and the cluster that they form.', [
  p.row('Now', [
    p.stat('Daemons', 'That Prometheus reaches.', 'short', [q('sum(up{%(s)s})', 'reached')], width=4, decimals=0),
    p.stat('Nodes up', 'The least that any node sees, itself included.', 'short', [
      q('min(argosy_cluster_nodes{state="up", %(s)s})', 'up'),
    ], width=4),
    p.stat('Nodes lost', 'The most that any node misses.', 'short', [
      q('max(argosy_cluster_nodes{state="lost", %(s)s})', 'lost'),
    ], colors=[['green', 0], ['red', 1]], width=4),
    p.stat('Jobs', 'Running on all nodes.', 'short', [q('sum(argosy_jobs{state="running", %(s)s})', 'running')], width=4),
    p.stat('All bytes', 'Bytes that arrived at their destination, a second, on all nodes.', 'Bps', [
      q('sum(rate(rclone_bytes_transferred_total{%(s)s}[$__rate_interval]))', 'bytes'),
    ], width=4),
    p.stat('Between nodes', 'Bytes that nodes send each other, a second.', 'Bps', [
      q('sum(rate(argosy_cluster_sent_bytes_total{%(s)s}[$__rate_interval]))', 'sent'),
    ], width=4),
    p.table('Each node', 'One line a daemon.', [
      q('max by (instance, version) (argosy_build_info{%(s)s})', ''),
      q('max by (instance) (time() - process_start_time_seconds{%(s)s})', ''),
      q('sum by (instance) (argosy_jobs{state="running", %(s)s})', ''),
      q('sum by (instance) (argosy_actors{%(s)s})', ''),
      q('max by (instance) (process_open_fds{%(s)s})', ''),
    ], columns=['runs', 'uptime', 'jobs', 'actors', 'descriptors'], units={ uptime: 's' }),
  ]),
  p.row('Work', [
    p.graph('Throughput by node', 'Bytes a second, mean of 5 minutes.', 'Bps', [
      q('job_instance:rclone_bytes_transferred:rate5m{%(s)s}', '{{instance}}'),
    ], stack=true),
    p.graph('Files by node', 'Files a second, mean of 5 minutes.', 'ops', [
      q('job_instance:rclone_files_transferred:rate5m{%(s)s}', '{{instance}}'),
    ], stack=true),
    p.graph('Errors by node', 'Errors a second, mean of 5 minutes.', 'ops', [
      q('job_instance:rclone_errors:rate5m{%(s)s}', '{{instance}}'),
    ], width=8),
    p.graph('Transfers by node', 'Runs of files under way.', 'short', [
      q('sum by (instance) (argosy_actors{kind="transfer", %(s)s})', '{{instance}}'),
    ], width=8),
    p.graph('Processors by node', 'Processors in use.', 'short', [
      q('sum by (instance) (rate(process_cpu_seconds_total{%(s)s}[$__rate_interval]))', '{{instance}}'),
    ], width=8),
  ]),
  p.row('Cluster', [
    p.graph('Nodes by state', 'As each node sees them.', 'short', [
      q('sum by (instance, state) (argosy_cluster_nodes{%(s)s})', '{{instance}} {{state}}'),
    ], width=8),
    p.graph('Who hears whom', '1 while a node answers another one.', 'short', [
      q('min by (instance, peer) (argosy_cluster_peer_up{%(s)s})', '{{instance}} {{peer}}'),
    ], width=8),
    p.graph('Nodes lost by time', 'How often a node was lost, within the time between two points.', 'short', [
      q('sum by (instance, peer) (increase(argosy_cluster_peer_lost_total{%(s)s}[$__rate_interval]))', '{{instance}} {{peer}}'),
    ], width=8),
    p.graph('Traffic between nodes', 'Bytes a second.', 'Bps', [
      q('sum by (instance) (rate(argosy_cluster_received_bytes_total{%(s)s}[$__rate_interval]))', '{{instance}} received'),
      q('sum by (instance) (rate(argosy_cluster_sent_bytes_total{%(s)s}[$__rate_interval]))', '{{instance}} sent'),
    ], width=8),
    p.graph('Connections between nodes', 'Open ones.', 'short', [
      q('sum by (instance) (argosy_cluster_streams{%(s)s})', '{{instance}}'),
    ], width=8),
    p.graph('Visits to the gate', 'Connections to the port of the cluster, a second: admitted, without the secret, or turned away unheard.', 'ops', [
      q('sum by (instance, outcome) (rate(argosy_cluster_gate_visits_total{%(s)s}[$__rate_interval]))', '{{instance}} {{outcome}}'),
    ], width=8),
    p.graph('Work on other nodes', "Runs of files of this node's jobs that others have under a lease now.", 'short', [
      q('sum by (instance) (argosy_cluster_leases{%(s)s})', '{{instance}}'),
    ], width=12),
    p.graph('Runs leased to other nodes', 'A second, by what became of them.', 'ops', [
      q('sum by (instance, outcome) (rate(argosy_cluster_runs_total{%(s)s}[$__rate_interval]))', '{{instance}} {{outcome}}'),
    ], width=12),
  ]),
])
