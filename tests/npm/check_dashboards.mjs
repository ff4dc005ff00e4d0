// Compiles dashboards against Grafana's own types. Reads {"name": dashboard, ...}, writes {"name": [what the compiler says], ...}.
import { json } from "node:stream/consumers";
import { compiled } from "./compiled.mjs";

const texts = Object.entries(await json(process.stdin)).map(([name, dashboard]) => [
  name,
  `import type { CheckedDashboard } from "./dashboard_types";
   export const dashboard: CheckedDashboard = ${JSON.stringify(dashboard, null, 1)};\n`,
]);
console.log(JSON.stringify(compiled(Object.fromEntries(texts))));
