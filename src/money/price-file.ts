import { readFile } from "node:fs/promises";
import { z } from "zod";
import { StartError } from "../errors.ts";
import type { Price } from "./prices.ts";

const dollars = z
  .string('expected a decimal number of dollars in quotes, like "0.25"')
  .regex(/^\d{1,7}(\.\d{1,6})?$/, "expected a decimal number of dollars, like 0.25, of at most 6 decimals");

const Row = z.strictObject({
  provider: z.string().min(1).toLowerCase(),
  model: z.string().min(1),
  from: z.iso.date("expected a day, like 2026-11-01"),
  input: dollars,
  cachedInput: dollars,
  cacheWrite: dollars.nullable(),
  output: dollars,
  longAbove: z.int().positive().optional(),
  tiers: z
    .record(z.string().min(1), z.string().regex(/^\d{1,3}(\.\d{1,3})?$/, 'expected a factor, like "0.5"'))
    .optional(),
  source: z.string().default("PRICES_FILE"),
}) satisfies z.ZodType<Omit<Price, "longAbove" | "tiers">>;

const File = z.array(Row, "expected an array of prices").superRefine((rows, context) => {
  const first = new Map<string, number>();
  for (const [index, { provider, model, from }] of rows.entries()) {
    const key = JSON.stringify([provider, model, from]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else
      context.addIssue({
        code: "custom",
        path: [index],
        message: `the same provider, model and day as ${earlier}`,
      });
  }
});

/** An operator's own prices; none without a file. Throws one StartError that names every problem and its place. */
export async function readPriceFile(path: string | undefined): Promise<Price[]> {
  if (path === undefined) return [];
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new StartError(`PRICES_FILE cannot be read: ${error.message}.`, { cause: error });
  });
  return checkPrices(path, text);
}

/** What `name` contains, checked. */
export function checkPrices(name: string, text: string): Price[] {
  const parsed = File.safeParse(parse(name, text));
  if (parsed.success) {
    return parsed.data.map(({ longAbove, tiers, ...row }) => ({
      ...row,
      ...(longAbove && { longAbove }),
      ...(tiers && { tiers }),
    }));
  }
  throw refusal(name, parsed.error.issues.flatMap(problemsOf));
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(name, [`not JSON: ${(error as Error).message}`]);
  }
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = (place: readonly PropertyKey[]) => (place.length > 0 ? `${place.join(".")}: ` : "");
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => `${at([...issue.path, key])}unknown field`)
    : [`${at(issue.path)}${issue.message}`];
}

function refusal(name: string, problems: string[]): StartError {
  const lines = problems.map((problem) => `  ${name}: ${problem}`);
  return new StartError(`These prices cannot be used:\n${lines.join("\n")}`);
}
