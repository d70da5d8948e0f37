// node web/build_client.mjs [--check]: web/clinic/api.ts, the pages' names and types of the clinic's interface, from
// docs/openapi.json. With --check nothing is written, and a file that is not as it would be ends with exit code 1.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(root, "web/clinic/api.ts");

/** @typedef {{ type: string, enum?: string[], items?: Schema, properties?: Record<string, Schema>, required?: string[] }} Schema */

/** The TypeScript of what a JSON schema of ours allows.
 * @param {Schema} schema
 * @returns {string} */
function typeOf(schema) {
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "string") return "string";
  if (schema.type === "integer") return "number";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "array" && schema.items) return `readonly (${typeOf(schema.items)})[]`;
  if (schema.type === "object" && schema.properties) {
    const needed = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => `readonly ${name}${needed.has(name) ? "" : "?"}: ${typeOf(field)}`,
    );
    return `{ ${fields.join("; ")} }`;
  }
  throw new Error(`a schema that no row has: ${JSON.stringify(schema)}`);
}

/** @param {any} description */
export function client(description) {
  /** @type {string[]} */
  const rows = [];
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const answered = [];
  for (const [path, methods] of Object.entries(/** @type {Record<string, Record<string, any>>} */ (description.paths))) {
    for (const [method, row] of Object.entries(methods)) {
      const good = Object.entries(/** @type {Record<string, any>} */ (row.responses)).find(([code]) => code !== "default");
      const answer = good?.[1].content?.["application/json"]?.schema;
      // What is told of it has no shape of its own: the interface's own description.
      if (answer && answer.type === "object" && !answer.properties) continue;
      const body = row.requestBody?.content["application/json"].schema;
      const names = row.parameters.filter((/** @type {any} */ one) => one.in === "path").map((/** @type {any} */ one) => one.name);
      const once = row.parameters.some((/** @type {any} */ one) => one.in === "header" && one.name === "Idempotency-Key");
      const about = `{ method: ${JSON.stringify(method.toUpperCase())}, path: ${JSON.stringify(path)}, once: ${once} }`;
      rows.push(`  /** ${row.summary} */\n  ${row.operationId}: ${about},`);
      const path_type = names.length ? `{ ${names.map((/** @type {string} */ name) => `readonly ${name}: number`).join("; ")} }` : "undefined";
      asked.push(`  ${row.operationId}: { path: ${path_type}; body: ${body ? typeOf(body) : "undefined"} };`);
      answered.push(`  ${row.operationId}: ${answer ? typeOf(answer) : "null"};`);
    }
  }
  return `// Made of docs/openapi.json by web/build_client.mjs; not by hand.

export const rows = {
${rows.join("\n")}
} as const;

export type RowName = keyof typeof rows;

export interface Asked {
${asked.join("\n")}
}

export interface Answered {
${answered.join("\n")}
}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = client(JSON.parse(readFileSync(join(root, "docs/openapi.json"), "utf8")));
  if (process.argv[2] !== "--check") writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error("web/clinic/api.ts is not of docs/openapi.json as it stands: node web/build_client.mjs");
    process.exit(1);
  }
}
