import type { Db } from "../../../db/client.ts";
import { Interruption, JobError, WaitError } from "../../../errors.ts";
import { newUuid } from "../../../ids.ts";
import { findGated, giveTrialBack, type Passage, passGate } from "../../../model/gates.ts";
import { holdBudgets, lockDailyBudgets, lockJobBudgets, reserve } from "../../../money/budgets.ts";
import { findCalls, insertCalls, type NewCall } from "../../../money/ledger.ts";
import { type AttemptId, isHeldBy } from "../../job/job.ts";
import { createJobGroup } from "../../job/job-group.ts";
import { type JobTransaction, presentJob } from "../../job/locked-jobs.ts";
import { writeSpending } from "../../job/store.ts";
import { findKept, nameOf, StepKept } from "./kept-steps.ts";

/** Whose call it is, and by which claim on the job. */
export type CallOwner = AttemptId &
  Pick<NewCall, "tenant" | "phase" | "step" | "attempt"> & {
    inputHash: string;
    /** Its number among the step's calls, from 1. */
    call: number;
  };

/** `hasStandIn`: another model can be asked in place of this one. */
type Call = Pick<NewCall, "provider" | "model" | "reservedCost"> & { hasStandIn: boolean };

/**
 * Writes a call down before it is made, with the most that it can cost. Throws what `passGate` and `reserve` throw,
 * StepKept if the call's step has its output already, and Interruption if the job is over or another attempt has it.
 */
export type OpenCall = (owner: CallOwner, call: Call) => Promise<{ id: string } & Passage>;

/** `wasTried`: it may be written down already, if only the answer to that commit was lost. */
type ToOpen = { id: string; owner: CallOwner; call: Call; wasTried: boolean };

export function createOpenCall(db: Db): OpenCall {
  const open = createJobGroup<ToOpen, Passage | Error>(db, { jobIdOf: ({ owner }) => owner.jobId }, openCalls);
  return async (owner, call) => {
    const id = newUuid();
    const opened = await open({ id, owner, call, wasTried: false });
    if (opened instanceof Error) throw opened;
    return { id, ...opened };
  };
}

/** Opens calls in their order; one that is refused keeps no other one back. */
async function openCalls(transaction: JobTransaction, items: ToOpen[]): Promise<(Passage | Error)[]> {
  const { query, tx } = transaction;
  await holdBudgets(query);
  const written = await findCalls(
    query,
    items.filter(({ wasTried }) => wasTried).map(({ id }) => id),
  );
  const kept = await findKept(query, items.map(stepOf));
  const gated = await findGated(
    query,
    items.map(({ call }) => call),
  );
  const jobs = items.flatMap(({ owner }) => presentJob(transaction, owner.jobId) ?? []);
  const jobBudgets = await lockJobBudgets(query, jobs);
  const budgeted = await lockDailyBudgets(
    query,
    items.map(({ owner }) => owner.tenant),
  );

  const unwritten: NewCall[] = [];

  async function openOne(item: ToOpen): Promise<Passage> {
    const { id, owner, call, wasTried } = item;
    item.wasTried = true;
    const job = presentJob(transaction, owner.jobId);
    // The signal that says so may come late, but from now on nothing is spent.
    if (!job || !isHeldBy(job, owner)) throw new Interruption("lost");
    if (wasTried && written.has(id)) return { isTrial: true };
    const finished = kept.get(nameOf(stepOf(item)));
    if (finished) throw new StepKept(finished);
    const passage = gated.has(call.model) ? await passGate(tx, call) : { isTrial: false };
    const ofJob = jobBudgets.filter(({ ofId }) => ofId === job.id);
    const { tenant } = owner;
    try {
      await reserve(query, job.id, { job: ofJob, tenant, hasDailyBudget: budgeted.has(tenant) }, call);
    } catch (error) {
      // Another call may be the trial.
      if (passage.isTrial && isRefusal(error)) await giveTrialBack(tx, call);
      throw error;
    }
    // The next one of the same family is checked against it.
    if (ofJob.length > 0) await insertCalls(query, [rowOf(item)]);
    else unwritten.push(rowOf(item));
    writeSpending(transaction, owner.jobId, { providerUsed: call.provider, model: call.model });
    return passage;
  }

  const answers: (Passage | Error)[] = [];
  for (const item of items) {
    try {
      answers.push(await openOne(item));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      answers.push(error);
    }
  }
  await insertCalls(query, unwritten);
  return answers;
}

const stepOf = ({ owner: { jobId, phase, step, inputHash } }: ToOpen) => ({ jobId, phase, key: step, inputHash });

const rowOf = ({ id, owner: { jobId, tenant, phase, step, attempt }, call }: ToOpen): NewCall => ({
  id,
  jobId,
  tenant,
  phase,
  step,
  attempt,
  provider: call.provider,
  model: call.model,
  reservedCost: call.reservedCost,
});

const isRefusal = (error: unknown): error is Error =>
  [JobError, WaitError, Interruption, StepKept].some((kind) => error instanceof kind);
