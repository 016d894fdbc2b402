/** What Galley's types use of JSON Schema for their input. */
export type Schema = {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
};

/** How a value is given: `lines` are texts, one a line; `json` is all that has no form of its own. */
export type Kind = "text" | "long text" | "number" | "check" | "choice" | "lines" | "group" | "groups" | "json";

// What is longer wants to be seen whole.
const longestLine = 250;

export function kindOf(schema: Schema): Kind {
  if (schema.enum) return "choice";
  switch (schema.type) {
    case "string":
      return (schema.maxLength ?? 0) > longestLine ? "long text" : "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "check";
    case "object":
      return schema.properties ? "group" : "json";
    case "array":
      if (schema.items?.type === "string" && !schema.items.enum) return "lines";
      return schema.items?.type === "object" && schema.items.properties ? "groups" : "json";
    default:
      return schema.anyOf?.some((option) => kindOf(option) === "lines") ? "lines" : "json";
  }
}

/** What a form begins with: the defaults, but none inside of what may be left out as a whole. */
export function beginningOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (kindOf(schema) !== "group") return undefined;
  const entries = Object.entries(schema.properties ?? {})
    .filter(([name, part]) => schema.required?.includes(name) || kindOf(part) !== "group")
    .map(([name, part]) => [name, beginningOf(part)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The first text that a type cannot do without, as the names that lead to it: what jobs of the type differ in. */
export function mainTextOf(schema: Schema, path: readonly string[] = []): string[] | null {
  for (const name of schema.required ?? []) {
    const part = schema.properties?.[name];
    if (!part) continue;
    const kind = kindOf(part);
    if (kind === "text" || kind === "long text") return [...path, name];
    const found = kind === "group" ? mainTextOf(part, [...path, name]) : null;
    if (found) return found;
  }
  return null;
}

/** The schema without one of its texts, which is given elsewhere. */
export function without(schema: Schema, path: readonly string[] | null): Schema {
  const [name, ...rest] = path ?? [];
  if (name === undefined || !schema.properties) return schema;
  const { [name]: part, ...others } = schema.properties;
  if (rest.length === 0 || !part) return { ...schema, properties: others };
  return { ...schema, properties: { [name]: without(part, rest), ...others } };
}

/** The schema of an object with what must be given before what may be. PostgreSQL's jsonb keeps no order of fields, of lists it does. */
export function requiredFirst(schema: Schema): Schema {
  const { properties = {}, required = [] } = schema;
  const first = required.flatMap((name) => (properties[name] ? [[name, properties[name]] as const] : []));
  return { ...schema, properties: { ...Object.fromEntries(first), ...properties } };
}
