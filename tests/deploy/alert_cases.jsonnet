// For `promtool test rules`: when each alert fires, and when it is silent. Series are in Prometheus' own notation: '1+2x3' is 1 3 5 7.
// Two files: cases of minutes with a value a minute, and cases of hours, where each 5 minutes are enough.
local mixin = import '../../deploy/mixin/mixin.libsonnet';

local alerts = { [rule.alert]: rule for group in mixin.prometheusAlerts.groups for rule in group.rules };

local argosy(name, labels='') = '%s{job="argosy", instance="a:5572"%s}' % [name, if labels == '' then '' else ', ' + labels];
local rclone(name) = '%s{job="rclone", instance="r:5572"}' % name;
local other(name) = '%s{job="node", instance="n:9100"}' % name;

// What is told of an alert beside its values stands in the mixin; description and labels are written out in each case.
local firing(alert, case) = {
  exp_labels: { severity: alerts[alert].labels.severity, job: 'argosy', instance: 'a:5572' } + case.labels,
  exp_annotations: alerts[alert].annotations { description: case.description },
};

// `series` as { name: values }, one each step of its file; `fires` as { time: [{ labels, description }] }, `silent` as [time].
local case(name, alert, series, fires={}, silent=[]) = {
  name: name,
  input_series: [{ series: key, values: series[key] } for key in std.objectFields(series)],
  alert_rule_test: [
    { alertname: alert, eval_time: time, exp_alerts: [firing(alert, one) for one in fires[time]] }
    for time in std.objectFields(fires)
  ] + [{ alertname: alert, eval_time: time } for time in silent],
};

local often = ' within 6 hours; with a limit on memory this often is a leak without an error message.';

local minutes = [
  case('orphans that stay', 'ArgosyOrphanedResources', {
    [argosy('argosy_orphaned_resources', 'resource="actor"')]: '0 2x30',
    [argosy('argosy_orphaned_resources', 'resource="timer"')]: '0x30',
  }, fires={
    '12m': [{ labels: { resource: 'actor' }, description: '2 of the kind actor on a:5572 outlive the job that they belong to.' }],
  }, silent=['5m']),
  case('orphans that go', 'ArgosyOrphanedResources', {
    [argosy('argosy_orphaned_resources', 'resource="actor"')]: '0 2x5 0x30',
  }, silent=['5m', '12m', '30m']),

  case('overdue things that stay', 'ArgosyOverdueResources', {
    [argosy('argosy_overdue_resources', 'resource="connection"')]: '0 1x30',
  }, fires={
    '12m': [{
      labels: { resource: 'connection' },
      description: '1 of the kind connection on a:5572 wait beyond the time-out that they named.',
    }],
  }, silent=['5m']),
  case('overdue things that end', 'ArgosyOverdueResources', {
    [argosy('argosy_overdue_resources', 'resource="connection"')]: '0 1x5 0 1x5 0 1x5 0',
  }, silent=['12m', '18m']),

  case('a verdict', 'ArgosyLeakSuspected', {
    [argosy('argosy_leak_suspected', 'resource="actor", kind="transfer"')]: '0x10 1x30',
    [argosy('argosy_leak_suspected', 'resource="actor", kind="job"')]: '0x40',
  }, fires={
    '30m': [{
      labels: { resource: 'actor', kind: 'transfer' },
      description: 'The lowest points of actor (transfer) on a:5572 rise steadily: no load, cache or step explains it.',
    }],
  }, silent=['10m', '20m']),
  case('a verdict that is taken back', 'ArgosyLeakSuspected', {
    [argosy('argosy_leak_suspected', 'resource="actor", kind="transfer"')]: '0x10 1x10 0x30',
  }, silent=['20m', '40m']),

  case('two days to the limit', 'ArgosyLimitInSight', {
    [argosy('argosy_leak_hours_to_limit', 'resource="memory"')]: '48x60',
    [argosy('argosy_leak_hours_to_limit', 'resource="descriptor"')]: std.join(' ', std.repeat(['+Inf'], 60)),
  }, fires={
    '35m': [{ labels: { resource: 'memory' }, description: 'At its present growth memory on a:5572 reaches its limit in 48 hours.' }],
  }, silent=['20m']),
  case('two days are not imminent', 'ArgosyLimitImminent', {
    [argosy('argosy_leak_hours_to_limit', 'resource="memory"')]: '48x60',
  }, silent=['60m']),
  case('a month to the limit', 'ArgosyLimitInSight', {
    [argosy('argosy_leak_hours_to_limit', 'resource="memory"')]: '720x60',
  }, silent=['60m']),
  case('hours to the limit', 'ArgosyLimitImminent', {
    [argosy('argosy_leak_hours_to_limit', 'resource="memory"')]: '2.5x60',
  }, fires={
    '15m': [{ labels: { resource: 'memory' }, description: 'At its present growth memory on a:5572 reaches its limit in 2.5 hours.' }],
  }, silent=['5m']),

  case('sockets left in CLOSE_WAIT', 'ArgosySocketsNotClosed', {
    [argosy('argosy_sockets', 'remote="backup", state="CLOSE_WAIT"')]: '0+1x60',
    [argosy('argosy_sockets', 'remote="backup", state="ESTABLISHED"')]: '100x60',
  }, fires={
    '45m': [{
      labels: { remote: 'backup' },
      description: '45 sockets of remote backup on a:5572 are in CLOSE_WAIT: somebody does not read or close an answer.',
    }],
  }, silent=['30m']),
  case('a pool of idle connections that servers closed', 'ArgosySocketsNotClosed', {
    [argosy('argosy_sockets', 'remote="backup", state="CLOSE_WAIT"')]: '8x60',
  }, silent=['60m']),

  case('no answer', 'ArgosyDown', {
    [argosy('up')]: '1x5 0x20',
    [rclone('up')]: '0x30',
  }, fires={
    '12m': [{ labels: {}, description: 'Prometheus could not read the metrics of a:5572 for 5 minutes.' }],
  }, silent=['5m', '8m']),
  case('a restart', 'ArgosyDown', {
    [argosy('up')]: '1x5 0x2 1x20',
  }, silent=['7m', '12m']),

  case('memory close to the limit', 'ArgosyMemoryNearLimit', {
    [argosy('process_resident_memory_bytes')]: '1020054732x30',  // 95 % of 1 GiB
    [argosy('go_gc_gomemlimit_bytes')]: '1073741824x30',
  }, fires={
    '20m': [{ labels: {}, description: 'a:5572 has 972.8MiB resident, close to the limit of its control group.' }],
  }, silent=['10m']),
  case('much memory without a limit', 'ArgosyMemoryNearLimit', {
    [argosy('process_resident_memory_bytes')]: '107374182400x30',
    [argosy('go_gc_gomemlimit_bytes')]: '9223372036854775807x30',
  }, silent=['30m']),

  case('a message that waits', 'ArgosyMailboxStalled', {
    [argosy('argosy_mailbox_oldest_seconds', 'kind="stats_group"')]: '0+60x30',
    [argosy('argosy_mailbox_oldest_seconds', 'kind="job"')]: '0.5x30',
  }, fires={
    '10m': [{
      labels: { kind: 'stats_group' },
      description: 'A message to an actor of kind stats_group on a:5572 has waited for 10m 0s.',
    }],
  }, silent=['5m']),
  case('messages that wait for a moment', 'ArgosyMailboxStalled', {
    [argosy('argosy_mailbox_oldest_seconds', 'kind="stats_group"')]: '0 90 90 0 90 90 0 90 90 0 90 90 0',
  }, silent=['5m', '12m']),

  case('a full file system', 'ArgosyFileSystemFull', {
    [argosy('argosy_filesystem_free_bytes', 'folder="cache"')]: '1073741824x30',
    [argosy('argosy_filesystem_size_bytes', 'folder="cache"')]: '107374182400x30',
    [argosy('argosy_filesystem_free_bytes', 'folder="config"')]: '53687091200x30',
    [argosy('argosy_filesystem_size_bytes', 'folder="config"')]: '107374182400x30',
  }, fires={
    '20m': [{ labels: { folder: 'cache' }, description: 'The file system of the cache folder on a:5572 has 1GiB left.' }],
  }, silent=['10m']),
  case('a file system with room', 'ArgosyFileSystemFull', {
    [argosy('argosy_filesystem_free_bytes', 'folder="cache"')]: '10737418240x30',
    [argosy('argosy_filesystem_size_bytes', 'folder="cache"')]: '107374182400x30',
  }, silent=['30m']),

  case('hardly any inodes', 'ArgosyInodesRunOut', {
    [argosy('argosy_filesystem_free_inodes', 'folder="cache"')]: '1000x30',
    [argosy('argosy_filesystem_inodes', 'folder="cache"')]: '65536x30',
  }, fires={
    '20m': [{ labels: { folder: 'cache' }, description: 'The file system of the cache folder on a:5572 has 1k inodes left.' }],
  }, silent=['10m']),
  case('a file system without a number of inodes', 'ArgosyInodesRunOut', {
    [argosy('argosy_filesystem_free_inodes', 'folder="cache"')]: '0x30',
    [argosy('argosy_filesystem_inodes', 'folder="cache"')]: '0x30',
  }, silent=['30m']),

  case('nine of ten jobs fail', 'ArgosyJobsFail', {
    [argosy('argosy_job_finished_total', 'outcome="error"')]: '0+9x90',
    [argosy('argosy_job_finished_total', 'outcome="success"')]: '0+1x90',
  }, fires={
    '80m': [{ labels: {}, description: '540 jobs failed on a:5572 within an hour, too many of those that ended.' }],
  }, silent=['10m']),
  case('one of ten jobs fails', 'ArgosyJobsFail', {
    [argosy('argosy_job_finished_total', 'outcome="error"')]: '0+1x90',
    [argosy('argosy_job_finished_total', 'outcome="success"')]: '0+9x90',
  }, silent=['80m']),
  case('no job ends', 'ArgosyJobsFail', {
    [argosy('argosy_job_finished_total', 'outcome="error"')]: '7x90',
    [argosy('argosy_job_finished_total', 'outcome="success"')]: '0x90',
  }, silent=['80m']),

  case('a job without progress', 'ArgosyTransfersStalled', {
    [argosy('argosy_jobs', 'state="running"')]: '1x120',
    [argosy('rclone_bytes_transferred_total')]: '0+1000x20 20000x100',
    [argosy('rclone_checked_files_total')]: '5x120',
    [argosy('rclone_entries_listed_total')]: '5x120',
    [argosy('rclone_files_deleted_total')]: '5x120',
    [argosy('rclone_dirs_deleted_total')]: '5x120',
  }, fires={
    '90m': [{
      labels: {},
      description: '1 jobs run on a:5572, but for 30 minutes nothing was listed, compared, transferred or deleted.',
    }],
  }, silent=['20m', '45m']),
  case('a job that only lists', 'ArgosyTransfersStalled', {
    [argosy('argosy_jobs', 'state="running"')]: '1x120',
    [argosy('rclone_bytes_transferred_total')]: '0x120',
    [argosy('rclone_checked_files_total')]: '0x120',
    [argosy('rclone_entries_listed_total')]: '0+1x120',
    [argosy('rclone_files_deleted_total')]: '0x120',
    [argosy('rclone_dirs_deleted_total')]: '0x120',
  }, silent=['60m', '120m']),
  case('no job', 'ArgosyTransfersStalled', {
    [argosy('argosy_jobs', 'state="running"')]: '0x120',
    [argosy('rclone_bytes_transferred_total')]: '0x120',
    [argosy('rclone_checked_files_total')]: '0x120',
    [argosy('rclone_entries_listed_total')]: '0x120',
    [argosy('rclone_files_deleted_total')]: '0x120',
    [argosy('rclone_dirs_deleted_total')]: '0x120',
  }, silent=['60m', '120m']),

  case('a storage that says 503', 'ArgosyStorageRefuses', {
    [argosy('rclone_http_status_code', 'host="s3.example", method="GET", code="503"')]: '0+30x60',
    [argosy('rclone_http_status_code', 'host="s3.example", method="GET", code="200"')]: '0+60x60',
    [argosy('rclone_http_status_code', 'host="dav.example", method="GET", code="200"')]: '0+60x60',
  }, fires={
    '40m': [{
      labels: { host: 's3.example' },
      description: '0.50 requests a second from a:5572 to s3.example are refused (429), fail (5xx) or get no answer (0).',
    }],
  }, silent=['10m']),
  case('things that are not found', 'ArgosyStorageRefuses', {
    [argosy('rclone_http_status_code', 'host="s3.example", method="HEAD", code="404"')]: '0+60x60',
    [argosy('rclone_http_status_code', 'host="s3.example", method="GET", code="503"')]: '0+1x60',
  }, silent=['40m']),

  case('a node that is gone for one of its peers', 'ArgosyNodeLost', {
    [argosy('argosy_cluster_peer_up', 'peer="eu2"')]: '1x5 0x20',
    [argosy('argosy_cluster_peer_up', 'peer="eu3"')]: '1x25',
  }, fires={
    '12m': [{ labels: { peer: 'eu2' }, description: 'a:5572 has not heard of node eu2 for 5 minutes.' }],
  }, silent=['5m', '8m']),
  case('a node that comes back', 'ArgosyNodeLost', {
    [argosy('argosy_cluster_peer_up', 'peer="eu2"')]: '1x5 0x3 1x20',
  }, silent=['8m', '20m']),

  case('two halves of different size', 'ArgosyClusterDivided', {
    [argosy('argosy_cluster_nodes', 'state="up"')]: '3x5 1x30',
    [argosy('argosy_cluster_nodes', 'state="lost"')]: '0x5 2x30',
    'argosy_cluster_nodes{job="argosy", instance="b:5572", state="up"}': '3x5 2x30',
    'argosy_cluster_nodes{job="argosy", instance="c:5572", state="up"}': '3x5 2x30',
  }, fires={
    '20m': [{ labels: {}, description: 'a:5572 sees only 1 nodes, others see more: the cluster is divided.' }],
  }, silent=['5m', '12m']),
  case('one view', 'ArgosyClusterDivided', {
    [argosy('argosy_cluster_nodes', 'state="up"')]: '3x30',
    'argosy_cluster_nodes{job="argosy", instance="b:5572", state="up"}': '3x30',
  }, silent=['20m']),

  case('visits without the secret', 'ArgosyClusterStrangers', {
    [argosy('argosy_cluster_gate_visits_total', 'outcome="stranger"')]: '0+4x40',
    [argosy('argosy_cluster_gate_visits_total', 'outcome="admitted"')]: '2x40',
  }, fires={
    '30m': [{ labels: {}, description: '60 connections to a:5572 were turned away within 15 minutes.' }],
  }, silent=['4m']),
  case('members that join', 'ArgosyClusterStrangers', {
    [argosy('argosy_cluster_gate_visits_total', 'outcome="stranger"')]: '0x40',
    [argosy('argosy_cluster_gate_visits_total', 'outcome="admitted"')]: '0+4x40',
  }, silent=['30m']),
];

local hours = [
  case('one goroutine more each minute, in Argosy and in rclone', 'RcdGoroutinesGrow', {
    [argosy('go_goroutines')]: '25+5x170',
    [rclone('go_goroutines')]: '25+5x170',
    [other('go_goroutines')]: '25+5x170',
  }, fires={
    '14h': [
      { labels: {}, description: 'The lowest number of 6 hours on a:5572 is 360 above that of the 6 hours before.' },
      {
        labels: { job: 'rclone', instance: 'r:5572' },
        description: 'The lowest number of 6 hours on r:5572 is 360 above that of the 6 hours before.',
      },
    ],
  }, silent=['6h']),
  case('a saw-tooth of half an hour', 'RcdGoroutinesGrow', {
    [argosy('go_goroutines')]: std.join(' ', ['25+100x5' for i in std.range(1, 28)]),
  }, silent=['12h', '14h']),
  case('one large step', 'RcdGoroutinesGrow', {
    [argosy('go_goroutines')]: '25x100 525x80',
  }, silent=['8h', '10h', '14h']),

  case('descriptors that rise beyond the half', 'RcdDescriptorsRunOut', {
    [argosy('process_open_fds')]: '400+5x80',
    [argosy('process_max_fds')]: '1024x80',
    [rclone('process_open_fds')]: '400+5x80',
    [rclone('process_max_fds')]: '1024x80',
  }, fires={
    '3h': [
      { labels: {}, description: 'a:5572 has 580 descriptors open, more than half of what it may have, and their number rises.' },
      {
        labels: { job: 'rclone', instance: 'r:5572' },
        description: 'r:5572 has 580 descriptors open, more than half of what it may have, and their number rises.',
      },
    ],
  }, silent=['1h']),
  case('many descriptors that stay', 'RcdDescriptorsRunOut', {
    [argosy('process_open_fds')]: '600x80',
    [argosy('process_max_fds')]: '1024x80',
  }, silent=['3h', '5h']),
  case('few descriptors that rise', 'RcdDescriptorsRunOut', {
    [argosy('process_open_fds')]: '10+5x80',
    [argosy('process_max_fds')]: '1024x80',
  }, silent=['3h', '5h']),

  case('a start each hour, of Argosy and of rclone', 'RcdRestartsOften', {
    [argosy('process_start_time_seconds')]: std.join(' ', ['%dx11' % (3600 * i) for i in std.range(1, 7)]),
    [rclone('process_start_time_seconds')]: std.join(' ', ['%dx11' % (3600 * i) for i in std.range(1, 7)]),
  }, fires={
    '5h': [
      { labels: {}, description: 'a:5572 was started 5 times' + often },
      { labels: { job: 'rclone', instance: 'r:5572' }, description: 'r:5572 was started 5 times' + often },
    ],
  }, silent=['2h']),
  case('one deployment', 'RcdRestartsOften', {
    [argosy('process_start_time_seconds')]: '1000x20 2000x20 3000x20',
  }, silent=['5h']),
];

// Rules are evaluated each `evaluation`, series have a value each `interval`.
local file(interval, evaluation, cases) = {
  rule_files: ['argosy-alerts.yml'],
  evaluation_interval: evaluation,
  tests: [one { interval: interval } for one in cases],
};

{
  'minutes.json': file('1m', '1m', minutes),
  'hours.json': file('5m', '10m', hours),
}
