// What the daemon itself knows or concludes about its leaks.
function(config) {
  name: 'argosy-leaks',
  rules: [
    {
      alert: 'ArgosyOrphanedResources',
      expr: 'sum by (job, instance, resource) (argosy_orphaned_resources{%(argosySelector)s}) > %(orphansAllowed)d' % config,
      'for': config.orphansFor,
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Argosy keeps things whose job ended long ago.',
        description: '{{ $value }} of the kind {{ $labels.resource }} on {{ $labels.instance }} outlive the job that they belong to.',
      },
    },
    {
      alert: 'ArgosyOverdueResources',
      expr: 'sum by (job, instance, resource) (argosy_overdue_resources{%(argosySelector)s}) > %(overdueAllowed)d' % config,
      'for': config.orphansFor,
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Something in Argosy waits longer than its own time-out.',
        description: '{{ $value }} of the kind {{ $labels.resource }} on {{ $labels.instance }} wait beyond the time-out that they named.',
      },
    },
    {
      alert: 'ArgosyLeakSuspected',
      expr: 'max by (job, instance, resource, kind) (argosy_leak_suspected{%(argosySelector)s}) == 1' % config,
      'for': config.leakSuspectedFor,
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Something in Argosy grows and never comes back.',
        description: 'The lowest points of {{ $labels.resource }} ({{ $labels.kind }}) on {{ $labels.instance }} rise steadily: no load, cache or step explains it.',
      },
    },
    {
      alert: 'ArgosyLimitInSight',
      expr: 'min by (job, instance, resource) (argosy_leak_hours_to_limit{%(argosySelector)s}) < %(hoursToLimitWarning)d' % config,
      'for': '30m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'A leak reaches a limit within days.',
        description: 'At its present growth {{ $labels.resource }} on {{ $labels.instance }} reaches its limit in {{ $value | printf "%.0f" }} hours.',
      },
    },
    {
      alert: 'ArgosyLimitImminent',
      expr: 'min by (job, instance, resource) (argosy_leak_hours_to_limit{%(argosySelector)s}) < %(hoursToLimitCritical)d' % config,
      'for': '10m',
      labels: { severity: 'critical' },
      annotations: {
        summary: 'A leak reaches a limit within hours.',
        description: 'At its present growth {{ $labels.resource }} on {{ $labels.instance }} reaches its limit in {{ $value | printf "%.1f" }} hours.',
      },
    },
    {
      alert: 'ArgosySocketsNotClosed',
      expr: 'sum by (job, instance, remote) (argosy_sockets{state="CLOSE_WAIT", %(argosySelector)s}) > %(closeWaitAllowed)d' % config,
      'for': '30m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Sockets that the server has closed stay open.',
        description: '{{ $value }} sockets of remote {{ $labels.remote }} on {{ $labels.instance }} are in CLOSE_WAIT: somebody does not read or close an answer.',
      },
    },
  ],
}
