// Compiles dashboards against Grafana's own types. Reads {"name": dashboard, ...}, writes {"name": [what the compiler says], ...}.
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = fileURLToPath(new URL(".", import.meta.url));
const dashboards = await json(process.stdin);

// Files that exist only for the compiler, beside the types.
const sources = new Map(Object.entries(dashboards).map(([name, dashboard]) => [
  `${folder}${name}.ts`,
  `import type { CheckedDashboard } from "./dashboard_types";\nexport const dashboard: CheckedDashboard = ${JSON.stringify(dashboard, null, 1)};\n`,
]));

const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ["lib.es2022.d.ts"],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Node10, // the types of panels are not among the package's exports
};
const host = ts.createCompilerHost(options);
const { readFile, fileExists, getSourceFile } = host;
host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
host.getSourceFile = (name, ...rest) =>
  sources.has(name) ? ts.createSourceFile(name, sources.get(name), ...rest) : getSourceFile.call(host, name, ...rest);

const program = ts.createProgram([...sources.keys()], options, host);
const said = Object.fromEntries(Object.keys(dashboards).map((name) => [name, []]));
for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
  const name = file?.fileName.slice(folder.length, -".ts".length);
  const line = file ? file.text.slice(0, start).split("\n").length : 0;
  const near = file?.text.split("\n")[line - 1].trim() ?? "";
  (said[name] ?? (said[name ?? "compiler"] ??= [])).push(`${near}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
}
console.log(JSON.stringify(said));
