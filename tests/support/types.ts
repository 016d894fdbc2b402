import { z } from "zod";
import { defineJob, definePhase, JobError, type JobType, type PhaseContext } from "../../src/author/index.ts";
import type { JobErrorCode } from "../../src/errors.ts";

/** A failure whose next attempt comes only when a test makes it due: the ordinary delay can be almost nothing. */
export const failUntilHurried = (code: JobErrorCode = "network", providerRequestId?: string): JobError =>
  new JobError(code, undefined, {
    retryAt: new Date(Date.now() + 3_600_000),
    ...(providerRequestId === undefined ? {} : { providerRequestId }),
  });

const Text = z.object({ text: z.string() });

type Run = (context: PhaseContext<z.infer<typeof Text>>) => Promise<z.infer<typeof Text>>;

/** A type `relay` of two phases whose handlers a test gives. By default each adds its name to the text. */
export function relay(
  handlers: { first?: Run; second?: Run } = {},
  policy: { retryLimit?: number; expireInSeconds?: number } = {},
): JobType {
  const add =
    (name: string): Run =>
    async ({ input }) => ({ text: `${input.text} ${name}` });
  const first = definePhase({
    name: "first",
    label: "First",
    input: Text,
    output: Text,
    ...policy,
    run: handlers.first ?? add("first"),
  });
  const second = definePhase({
    name: "second",
    label: "Second",
    input: Text,
    output: Text,
    ...policy,
    run: handlers.second ?? add("second"),
  });
  return defineJob({ type: "relay", description: "For tests.", input: Text, phases: [first, second] });
}
