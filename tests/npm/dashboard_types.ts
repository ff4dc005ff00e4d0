// Grafana's types of a dashboard, as strict as its JSON can be checked: with the options of the kinds of panels that are used here.
import type {
  AnnotationQuery, Dashboard, DashboardLink, FieldConfig, FieldConfigSource, Panel, RowPanel, VariableModel,
} from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  FieldConfig as TableFields, Options as TableOptions,
} from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type {
  FieldConfig as CurveFields, Options as CurveOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// What JSON can say of a type: the values of an enumeration in the place of its names.
type Json<T> = 0 extends 1 & T ? any
  : T extends string ? `${T}`
  : T extends number ? number
  : T extends boolean | null | undefined ? T
  : T extends object ? { [Key in keyof T]: Json<T[Key]> }
  : T;

// A query of Prometheus, whose data source brings no types.
interface Target {
  refId: string;
  datasource: { type: "prometheus"; uid: string };
  editorMode: "code" | "builder";
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
  format?: "time_series" | "table" | "heatmap";
}

type Fields<Custom> = Omit<FieldConfigSource, "defaults"> & { defaults: Omit<FieldConfig, "custom"> & { custom?: Custom } };

type PanelOf<Type extends string, Options, Custom> =
  Json<Omit<Panel, "type" | "options" | "fieldConfig" | "targets">>
  & { type: Type; options: Partial<Json<Options>>; fieldConfig: Json<Fields<Custom>>; targets: Target[] };

type AnyPanel =
  | PanelOf<"stat", StatOptions, Record<string, never>>
  | PanelOf<"table", TableOptions, Partial<TableFields>>
  | PanelOf<"timeseries", CurveOptions, Partial<CurveFields>>
  | Json<RowPanel>;

// What Prometheus' data source adds to an annotation.
type Annotation = Json<AnnotationQuery> & { expr: string; titleFormat: string; step: string; useValueForTime: boolean };

// Grafana writes an empty object for a variable without a choice; `definition` is what its editor of queries shows.
type Variable = Omit<Json<VariableModel>, "current"> & {
  current: Json<VariableModel["current"]> | Record<string, never>;
  definition?: string;
};

export type CheckedDashboard = Omit<Json<Dashboard>, "panels" | "annotations" | "templating" | "links"> & {
  panels: AnyPanel[];
  annotations: { list: Annotation[] };
  templating: { list: Variable[] };
  links: Json<DashboardLink>[];
};
