// A dashboard of rows. Panels of a row stand side by side as long as they fit, then below.
local panels = import 'panels.libsonnet';

local columns = 24;
local rowHeight = 1;

// Puts a panel at the end of what is placed already: { x, y, bottom, placed }.
local place(state, panel) =
  local fits = state.x + panel.gridPos.w <= columns;
  local x = if fits then state.x else 0;
  local y = if fits then state.y else state.bottom;
  {
    x: x + panel.gridPos.w,
    y: y,
    bottom: std.max(state.bottom, y + panel.gridPos.h),
    placed: state.placed + [panel { gridPos+: { x: x, y: y } }],
  };

local placeRow(state, row) =
  local title = {
    type: 'row',
    title: row.title,
    collapsed: false,
    gridPos: { x: 0, y: state.bottom, w: columns, h: rowHeight },
    panels: [],
  };
  local top = state.bottom + rowHeight;
  std.foldl(place, row.panels, { x: 0, y: top, bottom: top, placed: state.placed + [title] });

local layout(rows) =
  local placed = std.foldl(placeRow, rows, { x: 0, y: 0, bottom: 0, placed: [] }).placed;
  [placed[i] { id: i + 1 } for i in std.range(0, std.length(placed) - 1)];

local all = { selected: true, text: ['All'], value: ['$__all'] };

local variable(name, label, query) = {
  name: name,
  label: label,
  type: 'query',
  datasource: panels.source,
  definition: query,
  query: { query: query, refId: name },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  hide: 0,
  regex: '',
  skipUrlSync: false,
  options: [],
  current: all,
};

local both(one, other) = std.join(', ', std.filter(function(part) part != '', [one, other]));

{
  // What each query of a panel selects by.
  selector: 'job=~"$job", instance=~"$instance"',

  // A line over all curves whenever the query has a value above 0.
  annotation(name, color, expr, title, enable=true):: {
    name: name,
    datasource: panels.source,
    enable: enable,
    hide: false,
    iconColor: color,
    expr: expr,
    titleFormat: title,
    step: '15s',
    useValueForTime: false,
  },

  new(config, name, uid, description, rows, since='now-1h', annotations=[]):: {
    uid: uid,
    title: config.dashboardPrefix + name,
    description: description,
    tags: config.dashboardTags,
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: 1,
    timezone: 'utc',
    refresh: config.dashboardRefresh,
    time: { from: since, to: 'now' },
    fiscalYearStartMonth: 0,
    liveNow: false,
    weekStart: '',
    links: [{
      title: 'Argosy',
      type: 'dashboards',
      tags: config.dashboardTags,
      asDropdown: false,
      includeVars: true,
      keepTime: true,
      targetBlank: false,
      icon: 'external link',
      tooltip: '',
      url: '',
    }],
    annotations: { list: annotations },
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: 'prometheus',
          refresh: 1,
          hide: 0,
          includeAll: false,
          multi: false,
          regex: '',
          skipUrlSync: false,
          options: [],
          current: {},
        },
        variable('job', 'Job', 'label_values(argosy_build_info{%s}, job)' % config.dashboardSelector),
        variable('instance', 'Instance', 'label_values(argosy_build_info{%s}, instance)' % both(config.dashboardSelector, 'job=~"$job"')),
      ],
    },
    panels: layout(rows),
  },
}
