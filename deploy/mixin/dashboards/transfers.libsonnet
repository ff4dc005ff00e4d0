// What the daemons do: jobs, files, bytes, storages.
local dashboard = import '../lib/dashboard.libsonnet';
local p = import '../lib/panels.libsonnet';

local s = { s: dashboard.selector };
local q(expr, legend) = p.query(expr % s, legend);
local rate(counter, legend) = q('sum(rate(' + counter + '{%(s)s}[$__rate_interval]))', legend);

function(config) dashboard.new(config, 'Transfers', 'argosy-transfers', 'Jobs, files, bytes and storages.', [
  p.row('Now', [
    p.stat('Version', 'Version of the daemon.', 'short', [q('argosy_build_info{%(s)s}', '{{version}}')], text='name', graph='none'),
    p.stat('Uptime', 'Time since the process started.', 's', [
      q('time() - process_start_time_seconds{%(s)s}', '{{instance}}'),
    ], decimals=1),
    p.stat('Jobs running', 'Jobs that have not ended.', 'short', [q('sum(argosy_jobs{state="running", %(s)s})', 'running')]),
    p.stat('Transfer rate', 'Bytes that arrived at their destination, a second.', 'Bps', [rate('rclone_bytes_transferred_total', 'bytes')]),
    p.stat('Files transferred', 'Within the time shown.', 'short', [
      q('sum(increase(rclone_files_transferred_total{%(s)s}[$__range]))', 'files'),
    ], decimals=0),
    p.stat('Bytes transferred', 'Within the time shown.', 'bytes', [
      q('sum(increase(rclone_bytes_transferred_total{%(s)s}[$__range]))', 'bytes'),
    ]),
    p.stat('Jobs failed', 'Within the time shown.', 'short', [
      q('sum(increase(argosy_job_finished_total{outcome="error", %(s)s}[$__range]))', 'failed'),
    ], colors=[['green', 0], ['orange', 1]], decimals=0),
    p.stat('Errors', 'Within the time shown: files and folders that failed, and retries.', 'short', [
      q('sum(increase(rclone_errors_total{%(s)s}[$__range]))', 'errors'),
    ], colors=[['green', 0], ['orange', 1]], decimals=0),
  ]),
  p.row('Work', [
    p.graph('Throughput', "Bytes that arrived at their destination, a second. The second line is the daemon's own moving average.", 'Bps', [
      q('sum by (instance) (rate(rclone_bytes_transferred_total{%(s)s}[$__rate_interval]))', '{{instance}}'),
      q('sum by (instance) (rclone_speed{%(s)s})', '{{instance}} average'),
    ]),
    p.graph('Files', 'What happened to files and folders, a second.', 'ops', [
      rate('rclone_files_transferred_total', 'transferred'),
      rate('rclone_checked_files_total', 'checked'),
      rate('rclone_entries_listed_total', 'listed'),
      rate('rclone_files_deleted_total', 'deleted'),
      rate('rclone_dirs_deleted_total', 'folders deleted'),
      rate('rclone_files_renamed_total', 'renamed'),
    ]),
    p.graph('Jobs', 'Jobs that run, and ended ones that are still known.', 'short', [
      q('sum by (state) (argosy_jobs{%(s)s})', '{{state}}'),
    ], width=8),
    p.graph('Jobs ended', 'By how they ended, a second.', 'ops', [
      q('sum by (outcome) (rate(argosy_job_finished_total{%(s)s}[$__rate_interval]))', '{{outcome}}'),
    ], width=8),
    p.graph('Errors by instance', 'Errors a second. Fatal and retry are 1 while the statistics hold an error of that kind.', 'short', [
      q('sum by (instance) (rate(rclone_errors_total{%(s)s}[$__rate_interval]))', '{{instance}} errors'),
      q('max by (instance) (rclone_fatal_error{%(s)s})', '{{instance}} fatal'),
      q('max by (instance) (rclone_retry_error{%(s)s})', '{{instance}} retry'),
    ], width=8),
  ]),
  p.row('Storages', [
    p.graph('Connections by remote', 'Sessions with storages and clients, by what they do.', 'short', [
      q('sum by (remote, state) (argosy_connections{%(s)s})', '{{remote}} {{state}}'),
    ]),
    p.graph('Sockets by remote', 'By their state in the network.', 'short', [
      q('sum by (remote, state) (argosy_sockets{%(s)s})', '{{remote}} {{state}}'),
    ]),
    p.graph('Answers by code', 'HTTP answers of storages, a second. Code 0 is no answer.', 'reqps', [
      q('sum by (host, code) (rate(rclone_http_status_code{%(s)s}[$__rate_interval]))', '{{host}} {{code}}'),
    ]),
    p.graph('Answers that fail', 'Share of answers that are refusals (429), failures (5xx) or missing (0).', 'percentunit', [
      q(|||
        (
          sum by (host) (rate(rclone_http_status_code{code=~"0|429|5..", %(s)s}[$__rate_interval]))
            or 0 * sum by (host) (rate(rclone_http_status_code{%(s)s}[$__rate_interval]))
        ) / sum by (host) (rate(rclone_http_status_code{%(s)s}[$__rate_interval]))
      |||, '{{host}}'),
    ]),
  ]),
  p.row('Space', [
    p.graph('Free space', "On the file systems of the daemon's own folders.", 'bytes', [
      q('min by (instance, folder) (argosy_filesystem_free_bytes{%(s)s})', '{{instance}} {{folder}}'),
    ]),
    p.graph('Space in use', 'Share of the file system.', 'percentunit', [
      q(|||
        1 - min by (instance, folder) (argosy_filesystem_free_bytes{%(s)s} / argosy_filesystem_size_bytes{%(s)s})
      |||, '{{instance}} {{folder}} bytes'),
      q(|||
        1 - min by (instance, folder) (argosy_filesystem_free_inodes{%(s)s} / argosy_filesystem_inodes{%(s)s})
      |||, '{{instance}} {{folder}} inodes'),
    ]),
  ]),
])
