import type { PhaseContext, Step } from "../../../author/context.ts";
import { WaitError } from "../../../errors.ts";

/**
 * The handler's `wait`. When it first comes there a step keeps the moment at which the rest is over, so that a phase which
 * runs again, for whatever reason, does not rest anew.
 */
export function createRest(step: Step): PhaseContext<unknown>["wait"] {
  return async (name, { seconds, why }) => {
    const until = await step(
      `wait:${name}`,
      { seconds },
      async () => new Date(Date.now() + seconds * 1000).toISOString(),
      { label: why },
    );
    if (new Date(until).getTime() > Date.now()) throw new WaitError(new Date(until), why);
  };
}
