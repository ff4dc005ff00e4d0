// Everything that differs between installations. Change it beside the mixin, not in it:
//   (import 'mixin.libsonnet') + { _config+:: { argosySelector: 'job="storage/argosy"' } }
{
  _config+:: {
    // Which series the alerts and the recording rules look at. The second one is for what a stock rclone has too.
    argosySelector: 'job="argosy"',
    rcdSelector: 'job=~"argosy|rclone"',

    // What the dashboards offer to choose from; empty is everything that has argosy_build_info.
    dashboardSelector: '',
    dashboardPrefix: 'Argosy / ',
    dashboardTags: ['argosy-mixin'],
    dashboardRefresh: '15s',

    // %s is the name of the alert. As it is here, a path in the repository.
    runbookUrlPattern: 'docs/runbooks/%s.md',

    // Resources that may be orphans or overdue before somebody is told, and for how long.
    orphansAllowed: 0,
    overdueAllowed: 0,
    orphansFor: '10m',
    // A verdict already rests on hours of curves: the time only rides out a restart of Prometheus.
    leakSuspectedFor: '15m',
    // Hours until a limit is reached.
    hoursToLimitWarning: 72,
    hoursToLimitCritical: 12,

    // Actors or goroutines that the lowest point of 6 hours may lie above that of the 6 hours before.
    goroutinesGrowth: 120,
    // Shares of the limit: in use now, and foreseen for tomorrow.
    descriptorsUsed: 0.5,
    descriptorsForeseen: 0.8,
    // Share of the control group's limit, or of a file system.
    memoryUsed: 0.9,
    fileSystemFree: 0.05,
    inodesFree: 0.05,
    // Starts within 6 hours.
    restartsAllowed: 3,
    // Seconds that a message may wait for its actor.
    mailboxOldest: 60,
    // Sockets in CLOSE_WAIT of one remote, half an hour long.
    closeWaitAllowed: 10,
    // Share of jobs of an hour, and of HTTP answers of a quarter of one.
    jobsFailed: 0.5,
    answersFailed: 0.1,
    // Connections to the port of the cluster that were turned away within a quarter of an hour.
    strangersAllowed: 20,
  },
}
