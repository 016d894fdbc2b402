import { storableText } from "../../../storable.ts";
import type { JobEvent } from "../../history/events.ts";
import type { AttemptId } from "../../job/job.ts";
import type { Notes } from "../notes.ts";

/** What a step's model writes, as events while it is written. */
export type StepText = {
  /** An answer begins. What an earlier one of this step has written is taken back. */
  begin(): void;
  add(delta: string): void;
  /** What is still unwritten, for the transaction that keeps the step. Nothing is written after that. */
  end(): Promise<JobEvent[]>;
};

const coalesceMilliseconds = 250;

/**
 * `about` is what all of the step's events carry; `started` its first event, which also means: drop what came before.
 */
export function createStepText(
  write: Notes,
  attempt: AttemptId,
  about: { phase: string; attempt: number; step: string },
  started: JobEvent,
): StepText {
  let answers = 0;
  let whole = "";
  let written = 0;
  // What was written, if anything, is not the beginning of `whole`.
  let mustRestart = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  function unwritten(isLast: boolean): JobEvent[] {
    const end = isLast || !isHighSurrogate(whole.at(-1)) ? whole.length : whole.length - 1;
    const delta = storableText(whole.slice(mustRestart ? 0 : written, end));
    written = end;
    const text: JobEvent = { type: "text", data: { ...about, delta } };
    return [...(mustRestart ? [started] : []), ...(delta === "" ? [] : [text])];
  }

  async function writePieces(): Promise<void> {
    const answer = answers;
    const what = () => {
      const events = unwritten(false);
      // If the commit's answer is lost, these events may be written or not: the next try sends the whole text again.
      mustRestart = true;
      return { events };
    };
    await write({ attempt, what });
    if (answer === answers) mustRestart = false;
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      writing = writePieces()
        // The step itself will meet the same trouble, and decide; this text comes with the next piece.
        .then(
          () => written < whole.length,
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
      mustRestart ||= written > 0;
      answers++;
      whole = "";
      written = 0;
    },
    add(delta) {
      whole += delta;
      schedule();
    },
    async end() {
      clearTimeout(timer);
      await writing;
      clearTimeout(timer);
      return unwritten(true);
    },
  };
}

const isHighSurrogate = (unit = ""): boolean => /^[\ud800-\udbff]$/.test(unit);
