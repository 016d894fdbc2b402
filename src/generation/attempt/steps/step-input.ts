import { PermanentError } from "../../../errors.ts";
import { storableText } from "../../../storable.ts";

/**
 * Checks that JSON distinguishes a step's input from others: its output is found again by it. Throws PermanentError with the
 * place of what JSON would lose or make alike.
 */
export function checkStepInput(step: string, input: unknown): void {
  const found = findForeign(input, "", new Set());
  if (!found) return;
  throw new PermanentError(
    `The input of the step "${step}" has ${found.what} at ${found.place || "its top"}, which JSON does not distinguish from others.`,
  );
}

// Found by an index, whose entries PostgreSQL bounds.
const longestKeyBytes = 500;

/** The step's key as it is kept. Throws PermanentError, before anything is paid for, if it is empty or too long. */
export function requireKey(name: string): string {
  const key = storableText(name);
  const bytes = Buffer.byteLength(key);
  if (bytes > 0 && bytes <= longestKeyBytes) return key;
  throw new PermanentError(
    `The key of a step has 1 to ${longestKeyBytes} bytes, and "${key.slice(0, 40)}…" has ${bytes}.`,
  );
}

type Foreign = { place: string; what: string };

function findForeign(value: unknown, place: string, above: ReadonlySet<object>): Foreign | null {
  if (typeof value === "number" && !Number.isFinite(value)) return { place, what: String(value) };
  if (["function", "symbol", "bigint"].includes(typeof value)) return { place, what: `a ${typeof value}` };
  if (typeof value !== "object" || value === null) return null;
  if (above.has(value)) return { place, what: "a circle" };
  // What says by itself how it is written, as a Date does.
  if ("toJSON" in value) return null;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (Error.isError(value) || (kind !== "Object" && kind !== "Array")) return { place, what: `a ${kind}` };
  for (const [key, member] of Object.entries(value)) {
    const foreign = findForeign(member, `${place}/${key}`, new Set([...above, value]));
    if (foreign) return foreign;
  }
  return null;
}
