import type { JsonRecord } from "../json.ts";
import { between } from "../random.ts";
import { type Desk, type Place, singular } from "./desk.ts";
import type { Starters } from "./starters.ts";

/** Lists of complaints about a text. The demo model leaves them empty. */
const complaints = new Set(["claims", "patches", "issues"]);

const usualSizes = new Map<string, [low: number, high: number]>([
  ["section", [4, 6]],
  ["question", [4, 5]],
  ["keyword", [3, 4]],
  ["secondarykeyword", [4, 5]],
  ["tag", [4, 5]],
]);

/** Bounds `minItems`, so that a huge one ends as a refusal ("asks for too much") and not as an impossible array. */
const longest = 1_000_000;

/** How many entries a list gets, within the limits of its schema. */
export function listSize(schema: JsonRecord, desk: Desk, place: Place, { first, isAll }: Starters): number {
  const min = typeof schema.minItems === "number" ? Math.min(schema.minItems, longest) : 0;
  const max = typeof schema.maxItems === "number" ? schema.maxItems : Number.POSITIVE_INFINITY;
  const given = Math.min(first.length, 8);
  const wanted = isAll ? given : Math.max(given, usualSize(desk, place));
  return Math.min(Math.max(complaints.has(place.name) ? 0 : wanted, min), max);
}

function usualSize({ assignment, products, random }: Desk, { name }: Place): number {
  const kind = singular(name);
  if (kind === "productuse") return Math.min(products.length, 3);
  const asked = kind === "section" ? Math.round(Number(assignment.given("sectionCount"))) : 0;
  if (asked >= 1 && asked <= 12) return asked;
  const [low, high] = usualSizes.get(kind) ?? [3, 3];
  return between(low, high, random);
}

/** `size` entries. An entry that was made before is made again, up to seven times, to find another one. */
export function distinct(size: number, make: (item: number, repeat: number) => unknown): unknown[] {
  const seen = new Set<string>();
  return Array.from({ length: size }, (_, item) => {
    let value = make(item, 0);
    for (let tries = 1; seen.has(JSON.stringify(value)) && tries < 8; tries += 1) {
      value = make(item, tries < 4 ? 0 : item + tries);
    }
    seen.add(JSON.stringify(value));
    return value;
  });
}
