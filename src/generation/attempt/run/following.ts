import type { PlacedPhase } from "../../job/catalogue.ts";
import { SchemaError } from "../output.ts";

/** What comes behind a phase: `next`, or null at the end of the job. `value`: what the phase gives to it. */
export type Following = { next: PlacedPhase | null; value: unknown };

/**
 * Decides what follows a phase that gave `value`. A phase that the job does not want (`when`) is left out: the job ends with
 * what that would have begun with.
 */
export function followingOf({ next }: PlacedPhase, value: unknown): Following {
  const { when, input } = next?.definition ?? {};
  if (!next || !when || !input) return { next, value };
  const parsed = input.safeParse(value);
  if (!parsed.success) throw new SchemaError("input_mismatch", `The input of "${next.name}"`, parsed.error);
  return { next: when(parsed.data as never) ? next : null, value: parsed.data };
}
