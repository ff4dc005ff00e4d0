// What stays: verdicts first, then the curves that they rest on.
local dashboard = import '../lib/dashboard.libsonnet';
local p = import '../lib/panels.libsonnet';

local s = { s: dashboard.selector };
local q(expr, legend) = p.query(expr % s, legend);
local alarm = [['green', 0], ['red', 1]];

// The floor of an hour against that of 6 hours ago: what came and did not go.
local kept(metric, labels, legend) = q(|||
  sum by (%s) (
    min_over_time(%s{%s}[1h]) - min_over_time(%s{%s}[1h] offset 6h)
  )
||| % [labels, metric, dashboard.selector, metric, dashboard.selector], legend);

function(config) dashboard.new(
  config,
  'Leaks',
  'argosy-leaks',
  'Orphans and verdicts of the leak watch, and the floors of everything that can leak.',
  since='now-24h',
  annotations=[
    dashboard.annotation('Starts', 'blue', 'changes(process_start_time_seconds{%(s)s}[1m]) > 0' % s, 'Start of {{instance}}'),
    dashboard.annotation('Tasks', 'purple', 'changes(argosy_job_last_start_timestamp_seconds{%(s)s}[1m]) > 0' % s, '{{job_kind}} on {{instance}}', enable=false),
  ],
  rows=[
    p.row('Verdict', [
      p.stat('Orphans', 'Things that outlive the job that they belong to.', 'short', [
        q('sum(argosy_orphaned_resources{%(s)s})', 'orphans'),
      ], colors=alarm, width=4),
      p.stat('Overdue', 'Things that wait beyond their time-out.', 'short', [
        q('sum(argosy_overdue_resources{%(s)s})', 'overdue'),
      ], colors=alarm, width=4),
      p.stat('Suspects', 'Curves of which the leak watch says that they never come back.', 'short', [
        q('sum(argosy_leak_suspected{%(s)s}) or vector(0)', 'suspects'),
      ], colors=alarm, width=4),
      p.stat('Time to a limit', 'The nearest limit of any resource, at its present growth.', 'h', [
        q('min(argosy_leak_hours_to_limit{%(s)s})', 'hours'),
      ], colors=[['red', 0], ['orange', 12], ['green', 72]], width=4),
      p.stat('Descriptors used', 'Share of the limit, of the instance that is nearest to it.', 'percentunit', [
        q('max(process_open_fds{%(s)s} / process_max_fds{%(s)s})', 'used'),
      ], colors=[['green', 0], ['orange', 0.5], ['red', 0.8]], width=4),
      p.stat('Live heap', 'Bytes that the program holds.', 'bytes', [q('sum(argosy_heap_live_bytes{%(s)s})', 'live')], width=4),
      p.table('What grows', 'One line for each curve that is suspected; growth of memory is in bytes.', [
        q('max by (instance, resource, kind) (argosy_leak_suspected{%(s)s}) == 1', ''),
        q(|||
          max by (instance, resource, kind) (argosy_leak_growth_per_hour{%(s)s})
            and on (instance, resource, kind) argosy_leak_suspected{%(s)s} == 1
        |||, ''),
      ], columns=['suspected', 'an hour'], width=12),
      p.graph('Growth an hour', 'Growth that stays, of what is or was suspected; for memory in bytes.', 'short', [
        q('max by (instance, resource, kind) (argosy_leak_growth_per_hour{%(s)s}) > 0', '{{instance}} {{resource}} {{kind}}'),
      ]),
      p.graph('Orphans by resource', 'Things that outlive the job that they belong to.', 'short', [
        q('sum by (instance, resource) (argosy_orphaned_resources{%(s)s})', '{{instance}} {{resource}}'),
      ], width=8),
      p.graph('Overdue by resource', 'Things that wait beyond their time-out.', 'short', [
        q('sum by (instance, resource) (argosy_overdue_resources{%(s)s})', '{{instance}} {{resource}}'),
      ], width=8),
      p.graph('Hours to the limit', 'At the present growth of each resource.', 'h', [
        q('min by (instance, resource) (argosy_leak_hours_to_limit{%(s)s})', '{{instance}} {{resource}}'),
      ], width=8),
    ]),
    p.row('Floors: the least of each hour', [
      p.graph('Actors', 'A leak lifts the floor; a peak does not.', 'short', [
        q('sum by (kind) (job_instance_kind:argosy_actors:min1h{%(s)s})', '{{kind}}'),
      ]),
      p.graph('Connections', 'Of each remote, in all states.', 'short', [
        q('sum by (remote) (job_instance_remote:argosy_connections:min1h{%(s)s})', '{{remote}}'),
      ]),
      p.graph('Descriptors', 'By what they are.', 'short', [
        q('sum by (type) (job_instance_type:argosy_fds:min1h{%(s)s})', '{{type}}'),
      ]),
      p.graph('Threads', 'By who made them.', 'short', [
        q('sum by (kind) (job_instance_kind:argosy_threads:min1h{%(s)s})', '{{kind}}'),
      ]),
      p.graph('Resources', 'Everything in the ledger.', 'short', [
        q('sum by (resource) (job_instance_resource:argosy_resources:min1h{%(s)s})', '{{resource}}'),
      ]),
      p.graph('Heap', 'Live bytes, as the allocator counts them: no unused memory is among them.', 'bytes', [
        q('job_instance:argosy_heap_live_bytes:min1h{%(s)s}', '{{instance}}'),
      ]),
    ]),
    p.row('What came and did not go: this floor against the one of 6 hours before', [
      p.graph('Actors kept', 'Rising without an end is a leak, a step is none.', 'short', [
        kept('argosy_actors', 'kind', '{{kind}}'),
      ], width=8, negative=true),
      p.graph('Descriptors kept', 'Rising without an end is a leak, a step is none.', 'short', [
        kept('argosy_fds', 'type', '{{type}}'),
      ], width=8, negative=true),
      p.graph('Heap kept', 'Rising without an end is a leak, a step is none.', 'bytes', [
        kept('argosy_heap_live_bytes', 'instance', '{{instance}}'),
      ], width=8, negative=true),
    ]),
    p.row('Tasks: a curve that climbs when one of them runs', [
      p.graph('Since the last start', 'Of each kind of background task and command.', 's', [
        q('time() - max by (instance, job_kind) (argosy_job_last_start_timestamp_seconds{%(s)s})', '{{instance}} {{job_kind}}'),
      ]),
      p.graph('Length of the last run', 'Of each kind that is not running now.', 's', [
        q(|||
          max by (instance, job_kind) (
            argosy_job_last_end_timestamp_seconds{%(s)s} - argosy_job_last_start_timestamp_seconds{%(s)s}
          ) >= 0
        |||, '{{instance}} {{job_kind}}'),
      ]),
    ]),
    p.row('Evidence', [
      p.graph('Sockets not closed', 'CLOSE_WAIT: the server has closed, the daemon has not.', 'short', [
        q(|||
          sum by (remote) (argosy_sockets{state="CLOSE_WAIT", %(s)s})
            or 0 * sum by (remote) (argosy_sockets{%(s)s})
        |||, '{{remote}}'),
      ], width=8),
      p.graph('Idle actors', 'That have done nothing for longer than an hour, six hours, a day.', 'short', [
        q('sum(argosy_actor_idle_seconds_count{%(s)s}) - sum(argosy_actor_idle_seconds_bucket{le="3600", %(s)s})', 'an hour'),
        q('sum(argosy_actor_idle_seconds_count{%(s)s}) - sum(argosy_actor_idle_seconds_bucket{le="21600", %(s)s})', 'six hours'),
        q('sum(argosy_actor_idle_seconds_count{%(s)s}) - sum(argosy_actor_idle_seconds_bucket{le="86400", %(s)s})', 'a day'),
      ], width=8),
      p.graph('Things kept', 'Registries with a bound: they fill, and stay full.', 'short', [
        q('sum(argosy_stats_groups{%(s)s})', 'statistics groups'),
        q('sum(argosy_cached_remotes{%(s)s})', 'cached remotes'),
        q('sum(argosy_jobs{state="finished", %(s)s})', 'ended jobs'),
        q('sum(argosy_children{%(s)s})', 'child processes'),
      ], width=8),
    ]),
  ],
)
