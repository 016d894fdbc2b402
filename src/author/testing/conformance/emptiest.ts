import { isRecord, type JsonRecord } from "../../../demo/json.ts";

/** The least that fits a JSON Schema as it is sent to models: empty lists, empty texts, zeros. */
export function emptiest(schema: JsonRecord, root: JsonRecord = schema): unknown {
  const { $ref, anyOf, enum: options, const: only, type, properties } = schema;
  if (typeof $ref === "string") return emptiest(referred($ref, root), root);
  if (Array.isArray(anyOf)) return emptiest(anyOf.find(isRecord) ?? {}, root);
  if (only !== undefined) return only;
  if (Array.isArray(options)) return options[0];
  if (isRecord(properties)) {
    const entries = Object.entries(properties).filter(([, one]) => isRecord(one));
    return Object.fromEntries(entries.map(([name, one]) => [name, emptiest(one as JsonRecord, root)]));
  }
  const [kind] = [type].flat();
  return { string: "", number: 0, integer: 0, boolean: false, array: [], object: {} }[String(kind)] ?? null;
}

const referred = (ref: string, root: JsonRecord): JsonRecord =>
  ref
    .split("/")
    .slice(1)
    .reduce<JsonRecord>((at, name) => (isRecord(at[name]) ? at[name] : {}), root);
