import type { Child, EndedChild } from "../../../author/child.ts";
import type { PhaseContext } from "../../../author/context.ts";
import { usableName, usableNameInWords } from "../../../author/names.ts";
import type { Db } from "../../../db/client.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { queryWith } from "../../../db/commit/statement.ts";
import { type JobErrorCode, jobErrors, PermanentError, WaitError } from "../../../errors.ts";
import { hashOf } from "../../../hash.ts";
import { type Brood, readBrood, type SpawnedJob } from "../../family/children.ts";
import { isFinished } from "../../job/transitions.ts";
import type { RunningAttempt } from "../running-attempt.ts";
import { checkStepInput } from "../steps/step-input.ts";

/** Ends an attempt that goes on when all jobs that it has spawned have ended. */
export class ChildrenWanted extends WaitError {
  constructor() {
    super(new Date(8.64e15), "children");
  }
}

/**
 * Submits children of a running attempt: all of them, or none. Once more, it changes nothing. Throws PermanentError for what
 * cannot be accepted, Interruption if the attempt has lost its job.
 */
export type SubmitChildren = (attempt: RunningAttempt, brood: Brood, children: readonly Child[]) => Promise<void>;

const mostChildren = 1_000;

/** The handler's `spawn`. `isInStep`: whether the calling code runs in a step. */
export function createSpawn(
  { db, submitChildren }: { db: Db; submitChildren: SubmitChildren },
  attempt: RunningAttempt,
  isInStep: () => boolean,
): PhaseContext<unknown>["spawn"] {
  const query = queryWith(db.$client, db.$client.session);

  return async <Result>(name: string, children: readonly Child<Result>[]): Promise<EndedChild<Result>[]> => {
    check(name, children, isInStep());
    if (children.length === 0) return [];
    for (const { input } of children) checkStepInput(name, input);
    // As with a step: other inputs are other work.
    const hash = hashOf(children.map(({ type, ...about }) => ({ ...about, type: type.type })));
    const brood = { parentId: attempt.row.id, parentPhase: attempt.phase.name, spawn: `${name} ${hash}` };
    const phases = Object.fromEntries(
      children.map(({ type }) => [type.type, type.phases.map((phase) => phase.name)]),
    );
    const spawned = await patiently(db, () => readBrood(query, brood, phases));
    if (spawned.length > 0 && spawned.length < children.length)
      throw new PermanentError(
        `Retention has removed ${children.length - spawned.length} of the jobs in "${name}".`,
      );
    if (spawned.length === 0) await submitChildren(attempt, brood, children);
    if (spawned.length === 0 || spawned.some(({ status }) => !isFinished(status))) throw new ChildrenWanted();
    return spawned.map((one) => endedChild<Result>(one));
  };
}

function check(name: string, children: readonly unknown[], isInStep: boolean): void {
  if (!usableName.test(name))
    throw new PermanentError(`"${name}" cannot be the name of what is spawned: ${usableNameInWords}.`);
  if (children.length > mostChildren)
    throw new PermanentError(`"${name}" spawns ${children.length} jobs; ${mostChildren} are possible.`);
  if (isInStep) throw new PermanentError(`The handler spawns "${name}" inside of a step.`);
}

function endedChild<Result>({ id, status, cost, output, errorCode, errorMessage }: SpawnedJob): EndedChild<Result> {
  if (status === "completed") return { id, cost, status, result: output as Result };
  if (status !== "failed") return { id, cost, status: "cancelled" };
  const code = (errorCode ?? "internal") as JobErrorCode;
  return { id, cost, status, error: { code, message: errorMessage ?? jobErrors[code].message } };
}
