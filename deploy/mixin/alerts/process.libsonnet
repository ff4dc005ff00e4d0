// The process and what it needs of its machine.
function(config) {
  name: 'argosy-process',
  rules: [
    {
      alert: 'ArgosyDown',
      expr: 'up{%(argosySelector)s} == 0' % config,
      'for': '5m',
      labels: { severity: 'critical' },
      annotations: {
        summary: 'Argosy does not answer.',
        description: 'Prometheus could not read the metrics of {{ $labels.instance }} for 5 minutes.',
      },
    },
    {
      alert: 'ArgosyMemoryNearLimit',
      // Without a limit go_gc_gomemlimit_bytes is 2^63-1, which nobody reaches.
      expr: 'process_resident_memory_bytes{%(argosySelector)s} > %(memoryUsed)g * go_gc_gomemlimit_bytes{%(argosySelector)s}' % config,
      'for': '15m',
      labels: { severity: 'critical' },
      annotations: {
        summary: 'Argosy is about to be killed for its memory.',
        description: '{{ $labels.instance }} has {{ $value | humanize1024 }}B resident, close to the limit of its control group.',
      },
    },
    {
      alert: 'ArgosyMailboxStalled',
      expr: 'max by (job, instance, kind) (argosy_mailbox_oldest_seconds{%(argosySelector)s}) > %(mailboxOldest)d' % config,
      'for': '5m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'An actor does not come to its messages.',
        description: 'A message to an actor of kind {{ $labels.kind }} on {{ $labels.instance }} has waited for {{ $value | humanizeDuration }}.',
      },
    },
    {
      alert: 'ArgosyFileSystemFull',
      expr: |||
        argosy_filesystem_free_bytes{%(argosySelector)s}
          < %(fileSystemFree)g * argosy_filesystem_size_bytes{%(argosySelector)s}
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'A file system that Argosy needs is nearly full.',
        description: 'The file system of the {{ $labels.folder }} folder on {{ $labels.instance }} has {{ $value | humanize1024 }}B left.',
      },
    },
    {
      alert: 'ArgosyInodesRunOut',
      // Some file systems have no fixed number of inodes and tell 0.
      expr: |||
        argosy_filesystem_free_inodes{%(argosySelector)s}
          < %(inodesFree)g * argosy_filesystem_inodes{%(argosySelector)s}
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'A file system that Argosy needs has hardly any inodes left.',
        description: 'The file system of the {{ $labels.folder }} folder on {{ $labels.instance }} has {{ $value | humanize }} inodes left.',
      },
    },
  ],
}
