// The work that the daemon is there for.
function(config) {
  name: 'argosy-transfers',
  rules: [
    {
      alert: 'ArgosyJobsFail',
      expr: |||
        sum by (job, instance) (increase(argosy_job_finished_total{outcome="error", %(argosySelector)s}[1h]))
          > %(jobsFailed)g * sum by (job, instance) (increase(argosy_job_finished_total{%(argosySelector)s}[1h]))
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Too many jobs of Argosy fail.',
        description: '{{ $value | printf "%.0f" }} jobs failed on {{ $labels.instance }} within an hour, too many of those that ended.',
      },
    },
    {
      alert: 'ArgosyTransfersStalled',
      expr: |||
        sum by (job, instance) (argosy_jobs{state="running", %(argosySelector)s}) > 0
          unless sum by (job, instance) (
            increase(rclone_bytes_transferred_total{%(argosySelector)s}[30m])
            + increase(rclone_checked_files_total{%(argosySelector)s}[30m])
            + increase(rclone_entries_listed_total{%(argosySelector)s}[30m])
            + increase(rclone_files_deleted_total{%(argosySelector)s}[30m])
            + increase(rclone_dirs_deleted_total{%(argosySelector)s}[30m])
          ) > 0
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Jobs run and nothing moves.',
        description: '{{ $value }} jobs run on {{ $labels.instance }}, but for 30 minutes nothing was listed, compared, transferred or deleted.',
      },
    },
    {
      alert: 'ArgosyStorageRefuses',
      expr: |||
        sum by (job, instance, host) (rate(rclone_http_status_code{code=~"0|429|5..", %(argosySelector)s}[15m]))
          > %(answersFailed)g * sum by (job, instance, host) (rate(rclone_http_status_code{%(argosySelector)s}[15m]))
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'A storage refuses or fails many requests.',
        description: '{{ $value | printf "%.2f" }} requests a second from {{ $labels.instance }} to {{ $labels.host }} are refused (429), fail (5xx) or get no answer (0).',
      },
    },
  ],
}
