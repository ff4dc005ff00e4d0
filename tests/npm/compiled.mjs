// What the TypeScript compiler says of texts that exist only for it, beside the files of this folder: {"name": [message, ...]}.
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = fileURLToPath(new URL(".", import.meta.url));

const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ["lib.es2022.d.ts"],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Node10, // packages may keep types out of their exports
};

// `texts` is {"name": source}.
export function compiled(texts) {
  const sources = new Map(Object.entries(texts).map(([name, text]) => [`${folder}${name}.ts`, text]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    sources.has(name) ? ts.createSourceFile(name, sources.get(name), ...rest) : getSourceFile.call(host, name, ...rest);

  const said = Object.fromEntries(Object.keys(texts).map((name) => [name, []]));
  const program = ts.createProgram([...sources.keys()], options, host);
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = file?.fileName.slice(folder.length, -".ts".length) ?? "compiler";
    const line = file ? file.text.slice(0, start).split("\n").length : 0;
    const near = file?.text.split("\n")[line - 1].trim() ?? "";
    (said[name] ??= []).push(`${near}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  }
  return said;
}
