import type { PhaseContext } from "../../author/define.ts";
import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import { Interruption } from "../../errors.ts";
import { percentageAt, timeLeft } from "../job/percentage.ts";
import { writeForAttempt } from "../job/store.ts";
import type { RunningAttempt } from "./running-attempt.ts";

/** The handler's `progress`: moves the job's percentage within the phase's share, and never back. */
export function createProgress(db: Db, { claimed, row, phase }: RunningAttempt): PhaseContext<unknown>["progress"] {
  // Another attempt may have come further.
  let highest = row.percentage;
  let before: Promise<unknown> = Promise.resolve();

  async function write(percentage: number, currentStep: string): Promise<void> {
    const fields = { percentage, currentStep, estimatedTimeRemaining: timeLeft(percentage) };
    const event = { type: "progress" as const, data: { percentage, currentStep } };
    const landed = await transactPatiently(db, (transaction) =>
      writeForAttempt(transaction, claimed, fields, [event]),
    );
    if (!landed) throw new Interruption("lost");
  }

  return ({ done, of, currentStep = phase.label }) => {
    highest = Math.max(highest, percentageAt(phase.percentage, done, of));
    // Parallel sections report at the same moment: the first report is written first.
    const percentage = highest;
    const written = before.then(() => write(percentage, currentStep));
    before = written.catch(() => undefined);
    return written;
  };
}
