import type { JsonRecord } from "../json.ts";
import { between } from "../random.ts";
import { type Desk, type Place, singular } from "./desk.ts";

/** A number by its name, within the limits of its schema. */
export function numberFor(schema: JsonRecord, desk: Desk, place: Place): number {
  const step = numberOr(schema.multipleOf, schema.type === "integer" ? 1 : 0);
  const low = Math.max(numberOr(schema.minimum, -Infinity), above(schema.exclusiveMinimum, step));
  const high = Math.min(numberOr(schema.maximum, Infinity), below(schema.exclusiveMaximum, step));
  const meant = named.get(singular(place.name))?.(desk, place) ?? drawn(low, high, desk);
  const stepped = step > 0 ? Math.round(meant / step) * step : meant;
  if (stepped < low) return step > 0 ? Math.ceil(low / step) * step : low;
  if (stepped > high) return step > 0 ? Math.floor(high / step) * step : high;
  return stepped;
}

const named = new Map<string, (desk: Desk, place: Place) => number>([
  ["targetword", wordsFor],
  ["targetwordcount", wordsFor],
  ["index", (_, { within }) => within?.index ?? 0],
  ["order", (_, { within }) => (within?.index ?? 0) + 1],
  ["position", (_, { within }) => (within?.index ?? 0) + 1],
]);

/** The words of a list's entries add up to those of the whole. */
function wordsFor({ assignment }: Desk, { within, depth }: Place): number {
  const total = assignment.targetWords ?? 1_000;
  // An introduction or a conclusion of its own gets a tenth.
  if (!within) return depth > 1 ? Math.round(total / 10) : total;
  const share = Math.floor(total / within.size);
  return share + (within.index < total - share * within.size ? 1 : 0);
}

/** A random number. Where the schema sets no limit it is small, as most numbers of an answer are. */
function drawn(low: number, high: number, { random }: Desk): number {
  const from = low > -1e9 ? low : Math.min(1, high);
  const to = high < 1e9 ? high : Math.max(from + 9, 1);
  return to - from < 1
    ? from + Math.round(random() * (to - from) * 100) / 100
    : between(Math.ceil(from), Math.floor(to), random);
}

function above(limit: unknown, step: number): number {
  return typeof limit === "number" ? limit + (step || 1e-6) : -Infinity;
}

function below(limit: unknown, step: number): number {
  return typeof limit === "number" ? limit - (step || 1e-6) : Infinity;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
