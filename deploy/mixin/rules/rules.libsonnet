// Series that would be dear to compute for each look at a dashboard.
//
// The floor of an hour is what is left when all work of the hour has come back: what a leak lifts and a peak does not.
local floors = [
  { metric: 'go_goroutines', level: 'job_instance', selector: 'rcdSelector' },
  { metric: 'process_open_fds', level: 'job_instance', selector: 'rcdSelector' },
  { metric: 'argosy_heap_live_bytes', level: 'job_instance', selector: 'argosySelector' },
  { metric: 'argosy_actors', level: 'job_instance_kind', selector: 'argosySelector' },
  { metric: 'argosy_fds', level: 'job_instance_type', selector: 'argosySelector' },
  { metric: 'argosy_threads', level: 'job_instance_kind', selector: 'argosySelector' },
  { metric: 'argosy_resources', level: 'job_instance_resource', selector: 'argosySelector' },
];

local rates = [
  { metric: 'rclone_bytes_transferred', counter: 'rclone_bytes_transferred_total' },
  { metric: 'rclone_files_transferred', counter: 'rclone_files_transferred_total' },
  { metric: 'rclone_errors', counter: 'rclone_errors_total' },
];

{
  local config = self._config,
  prometheusRules+:: {
    groups: [
      {
        name: 'argosy-floors',
        rules: [
          {
            record: '%(level)s:%(metric)s:min1h' % floor,
            expr: 'min_over_time(%s{%s}[1h])' % [floor.metric, config[floor.selector]],
          }
          for floor in floors
        ] + [
          {
            // Connections change between idle and busy: the floor is that of their sum.
            record: 'job_instance_remote:argosy_connections:min1h',
            expr: 'min_over_time(sum by (job, instance, remote) (argosy_connections{%(argosySelector)s})[1h:15s])' % config,
          },
        ],
      },
      {
        name: 'argosy-rates',
        rules: [
          {
            record: 'job_instance:%s:rate5m' % rate.metric,
            expr: 'sum by (job, instance) (rate(%s{%s}[5m]))' % [rate.counter, config.rcdSelector],
          }
          for rate in rates
        ],
      },
    ],
  },
}
