import { isDeepStrictEqual } from "node:util";
import { throughJson } from "../bench-steps.ts";
import type { Look } from "./breach.ts";

/** What a phase gives is kept as JSON, read again, and checked by its schema again. */
export const findLostInJson: Look = async ({ type, reference }) =>
  reference.outputs.flatMap(({ phase, output }) => {
    const lost = lostInJson(output, "");
    if (lost !== null) return [`${phase}: its output does not survive JSON: ${lost || "the whole"}`];
    const { output: schema } = type.phases.find(({ name }) => name === phase) ?? {};
    const kept = throughJson(output);
    const again = schema?.safeParse(kept);
    return again?.success && isDeepStrictEqual(throughJson(again.data), kept)
      ? []
      : [`${phase}: its output is another one when its schema reads it again`];
  });

/** Where a value is another one after it was written as JSON. Null: nowhere. A field that is undefined is no field. */
export function lostInJson(value: unknown, place: string): string | null {
  if (value === null || ["string", "boolean"].includes(typeof value)) return null;
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0) ? null : `${place} (${value})`;
  const isPlain =
    Array.isArray(value) || (value !== undefined && Object.getPrototypeOf(value) === Object.prototype);
  if (!isPlain) return `${place} (${kindOf(value)})`;
  for (const [key, member] of Object.entries(value as object)) {
    if (member === undefined && !Array.isArray(value)) continue;
    const lost = lostInJson(member, `${place}/${key}`);
    if (lost !== null) return lost;
  }
  return null;
}

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);
