// Validates replies against an OpenAPI document, or against rclone-openapi when none is given.
// Reads {"document"?: object, "exchanges": [{"path": "rc/noop", "status": 200, "reply": any}, ...]},
// writes {"paths": [what the document holds], "violations": [[index of the exchange, "/place in the reply: what is wrong"], ...]}.
import { json } from "node:stream/consumers";
import { createRequire } from "node:module";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const NAME = "document";

const given = await json(process.stdin);
const document = given.document ?? createRequire(import.meta.url)("rclone-openapi/openapi.json");

// An OpenAPI document is no schema itself: ajv only finds those inside it by their pointers.
const ajv = new Ajv2020({ allErrors: true, strict: false, validateSchema: false });
addFormats.default(ajv);
ajv.addSchema(document, NAME);

const escaped = (key) => key.replaceAll("~", "~0").replaceAll("/", "~1");

// What the document says about a reply: {pointer, content}, or undefined.
function responseOf(path, status) {
  const responses = document.paths[`/${path}`]?.post.responses ?? {};
  const key = [`${status}`, `${status}`[0] + "XX", "default"].find((candidate) => candidate in responses);
  if (key === undefined) return undefined;
  const { $ref: reference } = responses[key];
  if (reference === undefined) return { pointer: `#/paths/${escaped(`/${path}`)}/post/responses/${key}`, ...responses[key] };
  return { pointer: reference, ...document.components.responses[reference.split("/").at(-1)] };
}

function violationsOf({ path, status, reply }, index) {
  const response = responseOf(path, status);
  if (response === undefined) return [[index, "the document tells of no such reply"]];
  if (response.content === undefined) return [];
  const validate = ajv.getSchema(`${NAME}${response.pointer}/content/application~1json/schema`);
  if (validate(reply)) return [];
  return validate.errors.map((error) => [index, `${error.instancePath || "/"}: ${error.message}`]);
}

console.log(JSON.stringify({
  paths: Object.keys(document.paths).map((path) => path.slice(1)),
  violations: given.exchanges.flatMap(violationsOf),
}));
