import { and, eq, lte, sql } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import { generationJobs, providerCalls } from "../../../db/schema/index.ts";
import { Interruption } from "../../../errors.ts";
import { newUuid } from "../../../ids.ts";
import { type Passage, passGate } from "../../../model/gates.ts";
import { requireBudgets } from "../../../money/budgets.ts";
import {
  type EndedCall,
  endAbandonedCalls,
  endCalls,
  hasCall,
  insertCall,
  type NewCall,
} from "../../../money/ledger.ts";
import { type AttemptId, isHeldBy } from "../../job/job.ts";
import { createJobGroup } from "../../job/job-group.ts";
import { type JobTransaction, lockJob, transactJobsPatiently } from "../../job/locked-jobs.ts";
import { writeSpending } from "../../job/store.ts";
import { isKept, StepKept } from "./kept-steps.ts";

/** Whose call it is, and by which claim on the job. */
export type CallOwner = AttemptId & Pick<NewCall, "tenant" | "phase" | "step" | "attempt"> & { inputHash: string };

type OpenedCall = Pick<NewCall, "provider" | "model" | "reservedCost">;

/**
 * Writes a call down before it is made, with the most that it can cost. Throws what `passGate` and `requireBudgets`
 * throw, StepKept if the call's step has its output already, and Interruption if the job is over or another attempt has
 * it.
 */
export async function openCall(db: Db, owner: CallOwner, call: OpenedCall): Promise<{ id: string } & Passage> {
  const id = newUuid();
  const { jobId, tenant, phase, step, attempt, inputHash } = owner;
  let isAgain = false;
  return await transactJobsPatiently(db, async (transaction) => {
    const { tx } = transaction;
    const job = await lockJob(transaction, jobId);
    // The signal that says so may come late, but from now on nothing is spent.
    if (!job || !isHeldBy(job, owner)) throw new Interruption("lost");
    // If only the answer to that commit was lost, the call is written down and has passed.
    if (isAgain && (await hasCall(tx, id))) return { id, isTrial: true };
    isAgain = true;
    if (await isKept(transaction.query, { jobId, phase, key: step, inputHash })) throw new StepKept();
    await requireBudgets(tx, job, { callId: id, ...call });
    const passage = await passGate(tx, call);
    await insertCall(tx, { id, jobId, tenant, phase, step, attempt, ...call });
    writeSpending(transaction, jobId, { providerUsed: call.provider, model: call.model });
    return { id, ...passage };
  });
}

/** Writes down how a call ended, however late that is known: the money is spent in any case. */
export type CloseCall = (call: EndedCall) => Promise<void>;

export function createCloseCall(db: Db): CloseCall {
  return createJobGroup<EndedCall, void>(db, { jobIdOf: ({ jobId }) => jobId }, async (transaction, calls) => {
    const spent = await endCalls(transaction.query, calls);
    for (const [jobId, spending] of spent) writeSpending(transaction, jobId, spending);
    return calls.map(() => undefined);
  });
}

/** Closes the calls of attempts whose worker is dead, at what they had reserved. The caller holds the job's lock. */
export async function closeAbandonedCalls(transaction: JobTransaction, jobId: string): Promise<void> {
  const spending = await endAbandonedCalls(transaction.query, jobId);
  if (spending) writeSpending(transaction, jobId, spending);
}

/**
 * Closes calls whose job has been finished for `callUnreportedAfterSeconds` while their worker never reported how they
 * ended, at what they had reserved. Returns how many jobs had such calls.
 */
export async function closeUnreportedCalls(db: Db, callUnreportedAfterSeconds: number): Promise<number> {
  const unreported = await db
    .selectDistinct({ jobId: generationJobs.id })
    .from(providerCalls)
    .innerJoin(generationJobs, eq(generationJobs.id, providerCalls.jobId))
    .where(
      and(
        eq(providerCalls.state, "started"),
        lte(generationJobs.completedAt, sql`now() - make_interval(secs => ${callUnreportedAfterSeconds})`),
      ),
    );
  for (const { jobId } of unreported) {
    await transactJobsPatiently(db, async (transaction) => {
      await lockJob(transaction, jobId);
      await closeAbandonedCalls(transaction, jobId);
    });
  }
  return unreported.length;
}
