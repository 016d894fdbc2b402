import { isRecord, type JsonRecord } from "../json.ts";
import { Refusal } from "../refusal.ts";

/** Ends a circle of references. */
const maxHops = 8;

/** Follows references and joins the schemas of `allOf`. Throws Refusal for a reference to nothing or in a circle. */
export function resolved(asked: unknown, root: JsonRecord, hops = 0): JsonRecord {
  if (hops > maxHops) throw new Refusal(400, "The schema's references lead nowhere.");
  const schema = isRecord(asked) ? asked : {};
  if (typeof schema.$ref === "string") {
    const { $ref, ...rest } = schema;
    return resolved({ ...target($ref, root), ...rest }, root, hops + 1);
  }
  if (!Array.isArray(schema.allOf)) return schema;
  const { allOf, ...rest } = schema;
  return [...allOf.map((part) => resolved(part, root, hops + 1)), rest].reduce(joined, {});
}

function target(reference: string, root: JsonRecord): JsonRecord {
  let found: unknown = root;
  for (const key of reference.split("/").slice(1)) {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isRecord(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  if (!isRecord(found)) throw new Refusal(400, `The schema has no ${reference}.`);
  return found;
}

function joined(one: JsonRecord, other: JsonRecord): JsonRecord {
  const list = (value: unknown) => (Array.isArray(value) ? value : []);
  const record = (value: unknown) => (isRecord(value) ? value : {});
  const properties = { ...record(one.properties), ...record(other.properties) };
  const required = [...list(one.required), ...list(other.required)];
  return { ...one, ...other, ...(Object.keys(properties).length > 0 ? { properties, required } : {}) };
}
