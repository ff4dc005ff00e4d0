// What the daemon is made of: actors, threads, descriptors, memory.
local dashboard = import '../lib/dashboard.libsonnet';
local p = import '../lib/panels.libsonnet';

local s = { s: dashboard.selector };
local q(expr, legend) = p.query(expr % s, legend);

function(config) dashboard.new(config, 'Runtime', 'argosy-runtime', 'Actors, threads, descriptors, memory and processor.', [
  p.row('Now', [
    p.stat('Actors', 'Live actors.', 'short', [q('sum(argosy_actors{%(s)s})', 'actors')], width=4),
    p.stat('Oldest message', 'For how long a message has waited for its actor, at least.', 's', [
      q('max(argosy_mailbox_oldest_seconds{%(s)s})', 'oldest'),
    ], colors=[['green', 0], ['orange', 5], ['red', 60]], width=4),
    p.stat('Processors', 'Processors in use.', 'short', [
      q('sum(rate(process_cpu_seconds_total{%(s)s}[$__rate_interval]))', 'used'),
    ], width=4, decimals=2),
    p.stat('Resident memory', 'Memory of the process that is in RAM.', 'bytes', [q('sum(process_resident_memory_bytes{%(s)s})', 'resident')], width=4),
    p.stat('Descriptors', 'Open descriptors.', 'short', [q('sum(process_open_fds{%(s)s})', 'open')], width=4),
    p.stat('Threads now', 'Threads of the process.', 'short', [q('sum(go_threads{%(s)s})', 'threads')], width=4),
  ]),
  p.row('Actors', [
    p.graph('Actors by kind', 'Live actors.', 'short', [q('sum by (kind) (argosy_actors{%(s)s})', '{{kind}}')], stack=true),
    p.graph('Actors spawned and ended', 'A second. In the long run both are alike.', 'ops', [
      q('sum(rate(argosy_actor_spawned_total{%(s)s}[$__rate_interval]))', 'spawned'),
      q('sum by (reason) (rate(argosy_actor_ended_total{%(s)s}[$__rate_interval]))', 'ended: {{reason}}'),
    ]),
    p.graph('Messages waiting', 'In the mailboxes of each kind.', 'short', [
      q('sum by (kind) (argosy_mailbox_messages{%(s)s})', '{{kind}}'),
    ], width=8),
    p.graph('Oldest message by kind', 'For how long it has waited, at least.', 's', [
      q('max by (kind) (argosy_mailbox_oldest_seconds{%(s)s})', '{{kind}}'),
    ], width=8),
    p.graph('Idle time of actors', 'Half of them, and nine of ten, have done something within this time.', 's', [
      q('histogram_quantile(0.5, sum by (le) (argosy_actor_idle_seconds_bucket{%(s)s}))', 'half'),
      q('histogram_quantile(0.9, sum by (le) (argosy_actor_idle_seconds_bucket{%(s)s}))', 'nine of ten'),
    ], width=8),
  ]),
  p.row('Resources', [
    p.graph('Things made', 'Entries in the ledger, a second.', 'ops', [
      q('sum by (resource) (rate(argosy_resources_entered_total{%(s)s}[$__rate_interval]))', '{{resource}}'),
    ]),
    p.graph('Things alive', 'Entries in the ledger.', 'short', [
      q('sum by (resource) (argosy_resources{%(s)s})', '{{resource}}'),
    ]),
    p.graph('Descriptors by type', 'What the open descriptors are.', 'short', [
      q('sum by (type) (argosy_fds{%(s)s})', '{{type}}'),
    ], width=8, stack=true),
    p.graph('Descriptors against the limit', 'The limit is that of the process.', 'short', [
      q('sum by (instance) (process_open_fds{%(s)s})', '{{instance}} open'),
      q('sum by (instance) (process_max_fds{%(s)s})', '{{instance}} limit'),
    ], width=8),
    p.graph('Threads', 'All of the process, and those that the daemon made, by purpose.', 'short', [
      q('sum(go_threads{%(s)s})', 'all'),
      q('sum by (kind) (argosy_threads{%(s)s})', '{{kind}}'),
    ], width=8),
  ]),
  p.row('Memory', [
    p.graph('Heap', 'Live is what the program holds; resident what the allocator has of the system; the difference is fragmentation; retained is given back.', 'bytes', [
      q('sum(argosy_heap_live_bytes{%(s)s})', 'live'),
      q('sum(argosy_heap_resident_bytes{%(s)s})', 'resident'),
      q('sum(argosy_heap_retained_bytes{%(s)s})', 'retained'),
      q('sum(argosy_heap_fragmentation_bytes{%(s)s})', 'fragmentation'),
    ]),
    p.graph('Memory of the process', 'Resident memory, and the limit of the control group where there is one.', 'bytes', [
      q('process_resident_memory_bytes{%(s)s}', '{{instance}} resident'),
      q('go_gc_gomemlimit_bytes{%(s)s} < 2^62', '{{instance}} limit'),
    ]),
    p.graph('Allocations', 'Objects a second.', 'ops', [
      q('sum(rate(go_memstats_mallocs_total{%(s)s}[$__rate_interval]))', 'allocated'),
      q('sum(rate(go_memstats_frees_total{%(s)s}[$__rate_interval]))', 'freed'),
    ], width=8),
    p.graph('Bytes allocated', 'A second, whether or not they were freed since.', 'Bps', [
      q('sum by (instance) (rate(go_memstats_alloc_bytes_total{%(s)s}[$__rate_interval]))', '{{instance}}'),
    ], width=8),
    p.graph('Memory given back', 'How often the allocator was told to, a second, and the time that it took.', 'short', [
      q('sum by (instance) (rate(go_gc_duration_seconds_count{%(s)s}[$__rate_interval]))', '{{instance}} times a second'),
      q('sum by (instance) (rate(go_gc_duration_seconds_sum{%(s)s}[$__rate_interval]))', '{{instance}} seconds a second'),
    ], width=8),
  ]),
  p.row('Process', [
    p.graph('CPU', 'Processors in use.', 'short', [
      q('sum by (instance) (rate(process_cpu_seconds_total{%(s)s}[$__rate_interval]))', '{{instance}}'),
    ], width=8),
    p.graph('Network', 'Bytes a second of all processes in the network namespace, as /proc tells them.', 'Bps', [
      q('sum by (instance) (rate(process_network_receive_bytes_total{%(s)s}[$__rate_interval]))', '{{instance}} received'),
      q('sum by (instance) (rate(process_network_transmit_bytes_total{%(s)s}[$__rate_interval]))', '{{instance}} sent'),
    ], width=8),
    p.graph('Scrapes', 'Pages of metrics that were asked for, a second, by their status.', 'ops', [
      q('sum by (code) (rate(promhttp_metric_handler_requests_total{%(s)s}[$__rate_interval]))', '{{code}}'),
    ], width=8),
  ]),
])
