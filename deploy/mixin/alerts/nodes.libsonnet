// Several nodes as one: only daemons with --cluster-listen have these series.
function(config) {
  name: 'argosy-nodes',
  rules: [
    {
      alert: 'ArgosyNodeLost',
      expr: 'min by (job, instance, peer) (argosy_cluster_peer_up{%(argosySelector)s}) == 0' % config,
      'for': '5m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'A node of the cluster does not answer another one.',
        description: '{{ $labels.instance }} has not heard of node {{ $labels.peer }} for 5 minutes.',
      },
    },
    {
      alert: 'ArgosyClusterDivided',
      expr: |||
        sum by (job, instance) (argosy_cluster_nodes{state="up", %(argosySelector)s})
          < on (job) group_left max by (job) (sum by (job, instance) (argosy_cluster_nodes{state="up", %(argosySelector)s}))
      ||| % config,
      'for': '10m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Nodes disagree about who belongs to the cluster.',
        description: '{{ $labels.instance }} sees only {{ $value }} nodes, others see more: the cluster is divided.',
      },
    },
    {
      alert: 'ArgosyClusterStrangers',
      expr: |||
        sum by (job, instance) (increase(argosy_cluster_gate_visits_total{outcome=~"stranger|full", %(argosySelector)s}[15m])) > %(strangersAllowed)d
      ||| % config,
      'for': '5m',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Somebody without the secret knocks at the port of the cluster.',
        description: '{{ $value | printf "%.0f" }} connections to {{ $labels.instance }} were turned away within 15 minutes.',
      },
    },
  ],
}
