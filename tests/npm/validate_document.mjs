// Validates an OpenAPI document, from the standard input, against the specification's own schema, and compiles each schema
// that it holds. Writes {"version": "3.1", "errors": [what is wrong, ...]}.
import { json } from "node:stream/consumers";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const document = await json(process.stdin);
const errors = [];

const validator = new Validator();
const { valid, errors: found } = await validator.validate(structuredClone(document));
if (!valid) errors.push(...[found].flat());

// The specification leaves schemas to JSON Schema: what they may hold, and that their references lead somewhere.
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema(document, "document", undefined, false);
for (const name of Object.keys(document.components?.schemas ?? {})) {
  try {
    const schema = document.components.schemas[name];
    if (!ajv.validateSchema(schema)) errors.push({ schema: name, errors: ajv.errors });
    ajv.getSchema(`document#/components/schemas/${name}`);
  } catch (error) {
    errors.push({ schema: name, errors: error.message });
  }
}

console.log(JSON.stringify({ version: validator.version, errors }));
