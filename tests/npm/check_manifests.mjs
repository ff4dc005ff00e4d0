// Compiles objects of Kubernetes against its own types. Reads {"name": object, ...}, writes {"name": [what the compiler says], ...}.
import { json } from "node:stream/consumers";
import { compiled } from "./compiled.mjs";

// "apps/v1" has its types in apps/v1, "v1" in core/v1, "networking.k8s.io/v1" in networking/v1.
function module(apiVersion) {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  return `kubernetes-types/${group.split(".")[0]}/${version}`;
}

const texts = Object.entries(await json(process.stdin)).map(([name, object]) => [
  name,
  `import type { ${object.kind} } from ${JSON.stringify(module(object.apiVersion))};
   export const checked: ${object.kind} = ${JSON.stringify(object, null, 1)};\n`,
]);
console.log(JSON.stringify(compiled(Object.fromEntries(texts))));
