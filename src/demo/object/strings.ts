import type { JsonRecord } from "../json.ts";
import { clip } from "../text.ts";
import type { Desk, Place } from "./desk.ts";
import { textFor } from "./texts.ts";

/** What has a form of its own. A number tells entries of a list apart. */
const formats = new Map<unknown, (n: number) => string>([
  ["date-time", (n) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString()],
  ["date", (n) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10)],
  ["time", (n) => new Date(n * 60_000).toISOString().slice(11, 19)],
  ["email", (n) => `reader${n + 1}@example.com`],
  ["uri", (n) => `https://example.com/${n + 1}`],
  ["uuid", (n) => `00000000-0000-4000-8000-${String(n + 1).padStart(12, "0")}`],
]);

/** Longer than any text that a demo is asked for. */
const longest = 50_000;

/** A string within the limits of its schema: `starter`, or else one that suits the field's name. */
export function stringFor(schema: JsonRecord, desk: Desk, place: Place, starter?: string): string {
  const format = formats.get(schema.format);
  if (format) return format((place.within?.index ?? 0) * 100 + place.item);
  const min = Math.min(limit(schema.minLength, 0), longest);
  const max = Math.min(limit(schema.maxLength, longest), longest);
  let text = clipWithNumber(starter ?? textFor(desk, place), max, place.repeat);
  while ([...text].length < min) text = `${text} ${desk.pick("extra")}`;
  const clipped = clip(text, max);
  return [...clipped].length < min ? text.slice(0, max) : clipped;
}

/** The number at the end tells entries apart, so it must not be what is cut off. */
function clipWithNumber(text: string, max: number, number: number): string {
  if (text.length <= max || number === 0) return clip(text, max);
  return `${clip(text, Math.max(0, max - String(number).length - 1))} ${number}`;
}

function limit(value: unknown, otherwise: number): number {
  return typeof value === "number" && value >= 0 ? value : otherwise;
}
