import { isRecord, type JsonRecord } from "../json.ts";
import type { Desk, Place } from "./desk.ts";

/** One of an enum's values: what the data block says under this name, or each in turn. */
export function chosen(values: unknown[], { assignment, random }: Desk, place: Place): unknown {
  const given = assignment.given(place.name);
  if (!place.within && place.item === 0 && values.includes(given)) return given;
  const first = place.within || place.item > 0 ? 0 : Math.floor(random() * values.length);
  return values[(first + (place.within?.index ?? 0) + place.item + place.repeat) % values.length] ?? null;
}

/** The first of several schemas that is not `null`. Where the answer is `deep`, the one that is. */
export function option(options: unknown[], deep: boolean): unknown {
  const asksForNothing = (schema: unknown) => isRecord(schema) && schema.type === "null";
  return options.find((schema) => asksForNothing(schema) === deep) ?? options[0];
}

/** The type that a schema names or implies. Of several, the first that is not null. */
export function typeOf({ type, properties, required, items, prefixItems }: JsonRecord, deep: boolean): unknown {
  if (Array.isArray(type))
    return deep && type.includes("null") ? "null" : (type.find((one) => one !== "null") ?? "null");
  if (type !== undefined) return type;
  if (properties !== undefined || required !== undefined) return "object";
  return items !== undefined || prefixItems !== undefined ? "array" : "string";
}
