import type { JobType, Migrations } from "../../../author/define.ts";
import { JobError, WaitError } from "../../../errors.ts";
import type { PlacedPhase } from "../../job/catalogue.ts";
import { SchemaError } from "../output.ts";

/** What a phase begins with, as it is kept. `version`: of the code that wrote it, at `writtenAt`. */
export type Stored = { input: unknown; version: number; writtenAt: Date };

const daySeconds = 24 * 3600;
const shortestRestSeconds = 5;
const longestRestSeconds = 300;

/** The version that the present code gives to what a phase begins with: of the phase before it, or of the type's own input. */
export const versionBefore = (type: JobType, { position }: Pick<PlacedPhase, "position">): number =>
  sourceOf(type, position).version ?? 1;

/**
 * A phase's input as its present code takes it: brought up to date, and parsed. Throws JobError `input_mismatch` if that
 * cannot be done. Throws WaitError for an input of newer code: while a deploy goes on, a newer worker takes the phase.
 */
export function presentInput(type: JobType, phase: PlacedPhase, stored: Stored, now: Date): unknown {
  const source = sourceOf(type, phase.position);
  const { version: known = 1, migrate = {} } = source;
  if (stored.version > known) throw ofNewerCode(stored, known, now);
  const input = phase.definition.input.safeParse(broughtUpToDate(stored, known, migrate, source.what));
  if (!input.success) throw new SchemaError("input_mismatch", `The input of "${phase.name}"`, input.error);
  return input.data;
}

/** The phase before gave nothing: it was put before this one since the job came here. */
export const nothingBefore = (phase: string, before: string): JobError =>
  new JobError(
    "input_mismatch",
    `"${phase}" begins with the output of "${before}", and the job has none: fork it from "${before}".`,
  );

type Source = { what: string; version?: number; migrate?: Migrations };

function sourceOf(type: JobType, position: number): Source {
  const before = type.phases[position - 1];
  return before ? { ...before, what: `The output of "${before.name}"` } : { ...type, what: "The input of the job" };
}

function broughtUpToDate({ input, version }: Stored, known: number, migrate: Migrations, what: string): unknown {
  let value = input;
  for (let from = version; from < known; from++) {
    try {
      const toNext = migrate[from];
      if (toNext) value = toNext(value);
    } catch (cause) {
      const message = `${what} could not be brought from version ${from} to ${from + 1}.`;
      throw new JobError("input_mismatch", message, { cause });
    }
  }
  return value;
}

/** The wait grows with the age of what is stored, so that a deploy that was taken back does not fill the job's history. */
function ofNewerCode({ version, writtenAt }: Stored, known: number, now: Date): Error {
  const ageSeconds = (now.getTime() - writtenAt.getTime()) / 1000;
  if (ageSeconds > daySeconds) {
    return new JobError(
      "input_mismatch",
      `What the phase begins with has version ${version}; no worker knows more than ${known}.`,
    );
  }
  const restSeconds = Math.min(longestRestSeconds, Math.max(shortestRestSeconds, ageSeconds / 10));
  return new WaitError(
    new Date(now.getTime() + restSeconds * 1000),
    `a worker that knows version ${version} of the job is needed`,
  );
}
