import { JobError, type JobErrorCode, type JobErrorKind, jobErrors, WaitError } from "../errors.ts";

/**
 * Asks one model after the other, in their order, until one answers. Throws at once what says something of the request, and
 * in the end what leaves the most hope: to wait, to try again, or else what the first one said.
 */
export async function askInTurn<Model, Answer>(
  models: readonly Model[],
  ask: (model: Model) => Promise<Answer>,
): Promise<Answer> {
  const errors: Error[] = [];
  for (const model of models) {
    try {
      return await ask(model);
    } catch (error) {
      if (!goesOn(error, errors.length === 0)) throw error;
      errors.push(error);
    }
  }
  throw mostHopeful(errors);
}

// What a stand-in refuses since it is smaller or dearer than the first one is not the request's fault.
const unfit: readonly JobErrorCode[] = ["context_length_exceeded", "bad_request", "budget_exceeded"];

function goesOn(error: unknown, isFirst: boolean): error is Error {
  if (error instanceof WaitError) return true;
  if (!(error instanceof JobError)) return false;
  const kind: JobErrorKind = jobErrors[error.code];
  return kind.elsewhere === true || (!isFirst && unfit.includes(error.code));
}

function mostHopeful(errors: readonly Error[]): Error | undefined {
  const waits = errors.filter((error) => error instanceof WaitError);
  const [soonest] = waits.toSorted((a, b) => a.until.getTime() - b.until.getTime());
  return soonest ?? errors.find((error) => error instanceof JobError && error.retryable) ?? errors[0];
}
