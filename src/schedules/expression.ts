/** What one field of a cron expression may say. */
type Field = {
  name: string;
  from: number;
  to: number;
  names?: readonly string[];
  special?: RegExp;
  alsoTakes?: string;
};

const fields = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of the month", from: 1, to: 31, special: /^L$/, alsoTakes: "L for the last day" },
  { name: "month", from: 1, to: 12, names: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ") },
  {
    name: "day of the week",
    from: 0,
    to: 7,
    names: "SUN MON TUE WED THU FRI SAT".split(" "),
    special: /^([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])$/,
    alsoTakes: "FRI#2 for the second Friday, FRIL for the last",
  },
] as const satisfies Field[];

const example = "30 6 * * MON-FRI";

/** A cron expression of five fields. `minutes` and `hours`: those that its first two fields name. */
export type Expression = { fields: readonly string[]; minutes: readonly number[]; hours: readonly number[] };

/**
 * Reads a cron expression: minute, hour, day of the month, month, day of the week, each `*`, a number, a range, a list or a
 * step. Returns what was expected and what came if it is none.
 */
export function readExpression(text: string): Expression | { problem: string } {
  const given = text.trim().split(/\s+/).filter(Boolean);
  if (given.length !== fields.length) {
    const names = fields.map(({ name }) => name).join(", ");
    return { problem: `expected five fields (${names}) like "${example}", got ${given.length}: "${text}"` };
  }
  const values: number[][] = [];
  for (const [index, field] of fields.entries()) {
    const read = readField(field, given[index] ?? "");
    if (typeof read === "string") return { problem: read };
    values.push(read);
  }
  const [minutes = [], hours = []] = values;
  return { fields: given.map((one) => one.toUpperCase()), minutes, hours };
}

/** The values that a field names, in order; what is special about a day names none. Returns the problem if it is not valid. */
function readField(field: Field, given: string): number[] | string {
  const values = new Set<number>();
  for (const part of given.toUpperCase().split(",")) {
    if (field.special?.test(part)) continue;
    const named = readPart(field, part);
    if (!named) return `${field.name}: expected ${inWords(field)}, got "${given}"`;
    for (const value of named) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

/** `*`, `5`, `1-5`, and with a step the first and the last. */
function readPart(field: Field, part: string): number[] | null {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/.exec(part);
  if (!match) return null;
  const [, all, first, last, step] = match;
  if (step !== undefined && !all && last === undefined) return null;
  const from = all ? field.from : numberOf(field, first);
  const to = all ? field.to : last === undefined ? from : numberOf(field, last);
  const by = step === undefined ? 1 : Number(step);
  if (from === null || to === null || to < from || by < 1 || by > field.to) return null;
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

function numberOf({ from, to, names }: Field, text = ""): number | null {
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return from + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : null;
}

function inWords({ from, to, names, alsoTakes }: Field): string {
  const words = names ? `, ${names[0]} to ${names.at(-1)}` : "";
  return `*, ${from} to ${to}${words}, a range, a list or a step${alsoTakes ? `, ${alsoTakes}` : ""}`;
}
