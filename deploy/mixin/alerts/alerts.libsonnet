local groups = [
  (import 'leaks.libsonnet'),
  (import 'process.libsonnet'),
  (import 'transfers.libsonnet'),
  (import 'nodes.libsonnet'),
  (import 'rcd.libsonnet'),
];

// What every alert has: where to read on.
local withRunbook(config, rule) = rule {
  annotations+: { runbook_url: config.runbookUrlPattern % rule.alert },
};

{
  local config = self._config,
  prometheusAlerts+:: {
    groups: [
      group { rules: [withRunbook(config, rule) for rule in super.rules] }
      for group in [group(config) for group in groups]
    ],
  },
}
