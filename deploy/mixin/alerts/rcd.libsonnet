// Alerts that need nothing but Go's and the process's names: they watch a stock `rclone rcd` as well.
function(config) {
  name: 'rcd',
  rules: [
    {
      alert: 'RcdGoroutinesGrow',
      // Floors against floors: real work comes back down, a leak does not. The second half ends the alert within
      // the hour when a restart or a fix has brought the number down.
      expr: |||
        min_over_time(go_goroutines{%(rcdSelector)s}[6h]) - min_over_time(go_goroutines{%(rcdSelector)s}[6h] offset 6h) > %(goroutinesGrowth)d
          and min_over_time(go_goroutines{%(rcdSelector)s}[1h]) > min_over_time(go_goroutines{%(rcdSelector)s}[1h] offset 1h)
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Actors or goroutines become more and more.',
        description: 'The lowest number of 6 hours on {{ $labels.instance }} is {{ $value }} above that of the 6 hours before.',
      },
    },
    {
      alert: 'RcdDescriptorsRunOut',
      expr: |||
        process_open_fds{%(rcdSelector)s} > %(descriptorsUsed)g * process_max_fds{%(rcdSelector)s}
          and predict_linear(process_open_fds{%(rcdSelector)s}[6h], 24 * 3600) > %(descriptorsForeseen)g * process_max_fds{%(rcdSelector)s}
      ||| % config,
      'for': '15m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Descriptors will run out within a day.',
        description: '{{ $labels.instance }} has {{ $value }} descriptors open, more than half of what it may have, and their number rises.',
      },
    },
    {
      alert: 'RcdRestartsOften',
      expr: 'changes(process_start_time_seconds{%(rcdSelector)s}[6h]) > %(restartsAllowed)d' % config,
      'for': '5m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'The daemon starts again and again.',
        description: '{{ $labels.instance }} was started {{ $value }} times within 6 hours; with a limit on memory this often is a leak without an error message.',
      },
    },
  ],
}
