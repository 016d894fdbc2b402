import { zodResponseFormat } from "openai/helpers/zod";
import type { z } from "zod";

/**
 * The JSON Schema that is sent for `schema`: what every server of the family understands. Limits of length,
 * number and format are left out, since servers reject or ignore them, each in its own way: check the answer
 * with the schema itself.
 *
 * Throws when it cannot be said in that subset: `.optional()` (use `.nullable()`), records, tuples, transforms,
 * and a root that is no object.
 */
export function wireSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...strict } = zodResponseFormat(schema, "answer").json_schema.schema ?? {};
  return withoutLimits(strict);
}

type Schema = Record<string, unknown>;

const limits = new Set([
  "minLength",
  "maxLength",
  "pattern",
  "format",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "default",
]);

function withoutLimits(schema: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => !limits.has(keyword))
      .map(([keyword, value]) => [keyword, below(keyword, value)]),
  );
}

/** Only where schemas are: a property may itself be called "format". */
function below(keyword: string, value: unknown): unknown {
  if (keyword === "items" && isSchema(value)) return withoutLimits(value);
  if (keyword === "anyOf" && Array.isArray(value)) {
    return value.map((option) => (isSchema(option) ? withoutLimits(option) : option));
  }
  if (["properties", "definitions", "$defs"].includes(keyword) && isSchema(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, isSchema(child) ? withoutLimits(child) : child]),
    );
  }
  return value;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
