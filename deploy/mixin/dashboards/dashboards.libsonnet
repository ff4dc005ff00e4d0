{
  local config = self._config,
  grafanaDashboards+:: {
    'argosy-transfers.json': (import 'transfers.libsonnet')(config),
    'argosy-leaks.json': (import 'leaks.libsonnet')(config),
    'argosy-nodes.json': (import 'nodes.libsonnet')(config),
    'argosy-runtime.json': (import 'runtime.libsonnet')(config),
  },
}
