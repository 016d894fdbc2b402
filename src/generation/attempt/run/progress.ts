import type { PhaseContext } from "../../../author/context.ts";
import { Interruption } from "../../../errors.ts";
import { timeLeft } from "../../job/progress/estimates.ts";
import { percentageAt } from "../../job/progress/percentage.ts";
import type { Notes } from "../notes.ts";
import type { RunningAttempt } from "../running-attempt.ts";

/** The handler's `progress`: moves the job's percentage within the phase's share, and never back. */
export function createProgress(
  write: Notes,
  { claimed, row, phase, typical }: RunningAttempt,
): PhaseContext<unknown>["progress"] {
  // Another attempt may have come further.
  let highest = row.percentage;
  let before: Promise<unknown> = Promise.resolve();

  async function report(percentage: number, currentStep: string): Promise<void> {
    const event = { type: "progress" as const, data: { percentage, currentStep } };
    const landed = await write({
      attempt: claimed,
      what: () => ({
        fields: { percentage, currentStep, estimatedTimeRemaining: timeLeft(typical, percentage) },
        events: [event],
      }),
    });
    if (!landed) throw new Interruption("lost");
  }

  return ({ done, of, currentStep = phase.label }) => {
    highest = Math.max(highest, percentageAt(phase.percentage, done, of));
    // Parallel sections report at the same moment: the first report is written first.
    const percentage = highest;
    const written = before.then(() => report(percentage, currentStep));
    before = written.catch(() => undefined);
    return written;
  };
}
