import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { StartError } from "../errors.ts";

/** The variables of an `.env` file; none if it is not there. Throws StartError for bytes that are no text. */
export function readEnvFile(file = ".env"): Record<string, string | undefined> {
  return existsSync(file) ? parseEnv(decode(file, readFileSync(file))) : {};
}

// Windows editors write UTF-16, or three bytes before UTF-8. Read as they stand, either would lose the first variable.
function decode(file: string, bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new StartError(`${file} is not UTF-8: save it as UTF-8.`);
  }
}

/** The known name that a given one was most likely meant to be. Null for one that is like none of them. */
export function nameMeant(given: string, known: readonly string[]): string | null {
  const plain = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, "");
  // Node has names of its own: NODE_OPTIONS is near MODEL_OPTIONS.
  if (known.includes(given) || given.startsWith("NODE_")) return null;
  const same = known.find((name) => plain(name) === plain(given));
  // Short names are like too many others: PATH and PORT.
  const near = known.find((name) => name.length >= 8 && distance(plain(name), plain(given)) <= 2);
  return same ?? near ?? null;
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
