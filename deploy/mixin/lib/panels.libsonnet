// Panels of Grafana, with what the dashboards of this mixin have in common. Each has a width in columns; `dashboard.libsonnet`
// gives places and numbers.
local source = { type: 'prometheus', uid: '${datasource}' };

local letters = std.stringChars('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

local query(expr, legend) = {
  datasource: source,
  editorMode: 'code',
  expr: expr,
  legendFormat: legend,
  instant: false,
  range: true,
};

local panel(type, title, description, unit, queries, width, height) = {
  type: type,
  title: title,
  description: description,
  datasource: source,
  gridPos: { w: width, h: height },
  fieldConfig: { defaults: { unit: unit }, overrides: [] },
  targets: [queries[i] { refId: letters[i] } for i in std.range(0, std.length(queries) - 1)],
};

// Colours from given values on: [['green', 0], ['red', 1]] turns red at 1. The first one holds for all below as well.
local thresholds(colors) = {
  mode: 'absolute',
  steps: [
    { color: colors[i][0], value: if i == 0 then null else colors[i][1] }
    for i in std.range(0, std.length(colors) - 1)
  ],
};

{
  source: source,
  query: query,

  row(title, panels): { title: title, panels: panels },

  // A figure: the last value, with its course behind it.
  stat(title, description, unit, queries, colors=[['blue', 0]], width=3, height=4, text='value', graph='area', decimals=null)::
    panel('stat', title, description, unit, queries, width, height) {
      fieldConfig+: {
        defaults+: {
          color: { mode: 'thresholds' },
          thresholds: thresholds(colors),
          [if decimals != null then 'decimals']: decimals,
        },
      },
      options: {
        colorMode: 'value',
        graphMode: graph,
        justifyMode: 'auto',
        orientation: 'auto',
        textMode: text,
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },

  // Curves from zero on; `stack` puts them upon each other.
  graph(title, description, unit, queries, width=12, height=8, stack=false, negative=false)::
    panel('timeseries', title, description, unit, queries, width, height) {
      fieldConfig+: {
        defaults+: {
          color: { mode: 'palette-classic' },
          custom: {
            drawStyle: 'line',
            lineWidth: 1,
            fillOpacity: if stack then 30 else 8,
            showPoints: 'never',
            spanNulls: false,
            stacking: { mode: if stack then 'normal' else 'none', group: 'A' },
          },
          [if !negative then 'min']: 0,
        },
      },
      options: {
        legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'], showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },

  // A line a series: its labels, and the values of the queries side by side under `columns`.
  table(title, description, queries, columns, units={}, width=24, height=8)::
    panel('table', title, description, 'short', queries, width, height) {
      targets: [target { format: 'table', instant: true, range: false } for target in super.targets],
      fieldConfig+: {
        defaults+: { custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false } },
        overrides: [
          { matcher: { id: 'byName', options: name }, properties: [{ id: 'unit', value: units[name] }] }
          for name in std.objectFields(units)
        ],
      },
      options: { showHeader: true, cellHeight: 'sm', footer: { show: false, reducer: ['sum'] } },
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true },
            indexByName: {},
            renameByName: {
              ['Value #' + letters[i]]: columns[i]
              for i in std.range(0, std.length(columns) - 1)
            },
          },
        },
      ],
    },
}
