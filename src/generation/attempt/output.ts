import type { z } from "zod";
import { JobError, PermanentError } from "../../errors.ts";
import { storableJson } from "../../storable.ts";
import type { PlacedPhase } from "../job/catalogue.ts";

/**
 * What a phase gives: the value, for the type's `record`, and the JSON that is kept. `next`: the phase that gets it, or null at
 * the end of the job.
 */
export type Output = { value: unknown; json: string; next: PlacedPhase | null };

const mostProblems = 20;

/** A phase's input or output does not fit its schema. `detail` names each place and what was expected, no values. */
export class SchemaError extends JobError {
  override readonly name = "SchemaError";

  constructor(code: "input_mismatch" | "internal", what: string, error: z.ZodError) {
    super(code, `${what} does not fit its schema.`, { detail: problemsOf(error) });
  }
}

/** Each place that does not fit and what was expected there, no values. */
export function problemsOf({ issues }: z.ZodError): string {
  const lines = issues
    .slice(0, mostProblems)
    .map(({ path, message }) => `${path.map(String).join(".") || "the whole"}: ${message}`.slice(0, 200));
  if (issues.length > mostProblems) lines.push(`and ${issues.length - mostProblems} more`);
  return lines.join("; ");
}

/**
 * The output as the JSON that is kept, measured before a transaction takes it. Throws PermanentError for one that is too
 * large, since another attempt would make the same, and for one that JSON cannot say.
 */
export function outputJson(what: string, output: unknown, maxBytes: number): string {
  const json = toJson(what, output);
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxBytes) return json;
  const mebibytes = (count: number) => (count / 1024 / 1024).toFixed(1);
  throw new PermanentError(
    `${what} has ${mebibytes(bytes)} MiB; at most ${mebibytes(maxBytes)} MiB can be kept (MAX_OUTPUT_MIB).`,
  );
}

function toJson(what: string, output: unknown): string {
  try {
    return storableJson(output);
  } catch (error) {
    throw new PermanentError(`${what} cannot be written as JSON.`, { cause: error });
  }
}
