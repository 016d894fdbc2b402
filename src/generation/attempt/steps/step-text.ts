import type { Db } from "../../../db/client.ts";
import { transactPatiently } from "../../../db/commit/patience.ts";
import type { JobEvent } from "../../history/events.ts";
import { type Attempt, write } from "../../job/store.ts";

/** What a step's model writes, told while it is written. */
export type StepText = {
  /** An answer begins. What an earlier one of this step has told is taken back. */
  begin(): void;
  add(delta: string): void;
  /** What is still untold, for the transaction that keeps the step. Nothing is told after that. */
  end(): Promise<JobEvent[]>;
};

const coalesceMilliseconds = 250;

/**
 * `about` is what all of the step's events carry; `started` its first event, which also means: drop what came before.
 */
export function createStepText(
  db: Db,
  attempt: Attempt,
  about: { phase: string; attempt: number; step: string },
  started: JobEvent,
): StepText {
  let answers = 0;
  let whole = "";
  let told = 0;
  // What was told, if anything, is not the beginning of `whole`.
  let mustRestart = false;
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> | undefined;

  function untold(isLast: boolean): JobEvent[] {
    const end = isLast || !isHighSurrogate(whole.at(-1)) ? whole.length : whole.length - 1;
    const delta = storable(whole.slice(mustRestart ? 0 : told, end));
    told = end;
    const text: JobEvent = { type: "text", data: { ...about, delta } };
    return [...(mustRestart ? [started] : []), ...(delta === "" ? [] : [text])];
  }

  async function tell(): Promise<void> {
    const answer = answers;
    await transactPatiently(db, async (change) => {
      const events = untold(false);
      // If this has to be written again, nobody knows whether it was: then all of it is told anew.
      mustRestart = true;
      if (events.length > 0) await write(change, attempt, {}, events);
    });
    if (answer === answers) mustRestart = false;
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      telling = tell()
        // The step itself will meet the same trouble, and decide; this text comes with the next piece.
        .then(
          () => told < whole.length,
          () => false,
        )
        .then((isMore) => {
          timer = undefined;
          if (isMore) schedule();
        });
    }, coalesceMilliseconds);
  }

  return {
    begin() {
      mustRestart ||= told > 0;
      answers++;
      whole = "";
      told = 0;
    },
    add(delta) {
      whole += delta;
      schedule();
    },
    async end() {
      clearTimeout(timer);
      await telling;
      clearTimeout(timer);
      return untold(true);
    },
  };
}

const isHighSurrogate = (unit = ""): boolean => /^[\ud800-\udbff]$/.test(unit);

// PostgreSQL stores neither the character NUL nor half of a surrogate pair.
const storable = (text: string): string => text.replaceAll("\0", "").toWellFormed();
