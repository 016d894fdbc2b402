import { continued, traceContextOf } from "../../telemetry/traces/context.ts";
import { attemptSpan } from "../../telemetry/traces/job-spans.ts";
import { inSpan, markFailed } from "../../telemetry/traces/span.ts";
import type { Ending } from "./ending/ending.ts";
import type { RunningAttempt } from "./running-attempt.ts";

/**
 * Runs an attempt in a span of its job's trace. Where the job has none, it begins one, in which the phases that follow
 * go on.
 */
export async function inAttemptSpan(
  attempt: RunningAttempt,
  run: (attempt: RunningAttempt) => Promise<Ending>,
): Promise<Ending> {
  const { claimed, row, phase } = attempt;
  const options = attemptSpan(claimed.queue, row, { phase: phase.name, attempt: row.attempts });
  return await inSpan(
    `process ${claimed.queue}`,
    options,
    async (span) => {
      const trace = claimed.trace ?? traceContextOf(span);
      const ending = await run({ ...attempt, claimed: { ...claimed, trace } });
      span.setAttribute("galley.outcome", ending.transition ?? ending.why);
      if ("failure" in ending) markFailed(span, ending.failure.code);
      return ending;
    },
    continued(claimed.trace),
  );
}
