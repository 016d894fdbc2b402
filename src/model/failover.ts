import { JobError, type JobErrorCode, type JobErrorKind, jobErrors, WaitError } from "../errors.ts";

/**
 * Asks one model after the other, in their order, until one answers. `left`: how many come after it. Throws at once what
 * says something of the request, and in the end what leaves the most hope: to wait for the one that may be asked first again,
 * or else what the first one said.
 */
export async function askInTurn<Model, Answer>(
  models: readonly Model[],
  ask: (model: Model, left: number) => Promise<Answer>,
): Promise<Answer> {
  const errors: Error[] = [];
  for (const [index, model] of models.entries()) {
    try {
      return await ask(model, models.length - 1 - index);
    } catch (error) {
      if (!goesOn(error, index === 0)) throw error;
      errors.push(error);
    }
  }
  throw mostHopeful(errors);
}

// What a stand-in refuses since it is smaller than the first one is not the request's fault.
const unfit: readonly JobErrorCode[] = ["context_length_exceeded", "bad_request"];

function goesOn(error: unknown, isFirst: boolean): error is Error {
  if (error instanceof WaitError) return true;
  if (!(error instanceof JobError)) return false;
  const kind: JobErrorKind = jobErrors[error.code];
  // Another one may be cheaper, or have a price.
  return kind.elsewhere === true || error.code === "budget_exceeded" || (!isFirst && unfit.includes(error.code));
}

function mostHopeful(errors: readonly Error[]): Error | undefined {
  const waits = errors.filter((error) => error instanceof WaitError);
  const [soonest] = waits.toSorted((a, b) => a.until.getTime() - b.until.getTime());
  return soonest ?? errors[0];
}
