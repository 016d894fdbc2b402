import { and, eq, lte, sql } from "drizzle-orm";
import { v7 as newUuid } from "uuid";
import type { Db, Tx } from "../db/client.ts";
import { transactPatiently } from "../db/commit/patience.ts";
import { generationJobs, providerCalls } from "../db/schema/index.ts";
import { Interruption, type JobErrorCode } from "../errors.ts";
import { type Passage, passGate } from "../model/gates.ts";
import type { Usage } from "../model/port.ts";
import { lockForMoney, requireBudgets } from "./budgets.ts";

/** Whose call it is, and by which claim on the job. */
export type CallOwner = {
  jobId: string;
  queueJobId: string;
  claim: number;
  tenant: string;
  phase: string;
  step: string;
  attempt: number;
};

type OpenedCall = { provider: string; model: string; reservedCost: string | null };

/** How a call ended. `cost` is null when no price is known. `estimated`: the provider never told the usage. */
export type CallEnd = {
  state: "succeeded" | "failed" | "cancelled";
  usage: Usage;
  cost: string | null;
  estimated: boolean;
  servedModel: string | null;
  providerRequestId: string | null;
  errorCode: JobErrorCode | null;
};

/**
 * Writes a call down before it is made, with the most that it can cost. Throws what `passGate` and `requireBudgets`
 * throw, and Interruption if the job is over or somebody else's.
 */
export async function openCall(db: Db, owner: CallOwner, call: OpenedCall): Promise<{ id: string } & Passage> {
  const id = newUuid();
  const { queueJobId, claim, ...about } = owner;
  let isAgain = false;
  return await transactPatiently(db, async ({ tx }) => {
    const job = await lockForMoney(tx, owner.jobId);
    // The signal that says so may come late, but from now on nothing is spent.
    if (job?.status !== "processing" || job.queueJobId !== queueJobId || job.claim !== claim) {
      throw new Interruption("lost");
    }
    // If only the answer to that commit was lost, the call is written down and has passed.
    if (isAgain && (await tx.$count(providerCalls, eq(providerCalls.id, id))) > 0) return { id, isTrial: true };
    isAgain = true;
    await requireBudgets(tx, owner.jobId, job, { callId: id, ...call });
    const passage = await passGate(tx, call);
    await tx
      .insert(providerCalls)
      .values({ id, ...about, ...call })
      .onConflictDoNothing();
    await tx
      .update(generationJobs)
      .set({ providerUsed: call.provider, model: call.model })
      .where(eq(generationJobs.id, owner.jobId));
    return { id, ...passage };
  });
}

/** Writes down how a call ended, however late that is known: the money is spent in any case. */
export async function closeCall(db: Db, id: string, jobId: string, end: CallEnd): Promise<void> {
  const { usage, ...rest } = end;
  await transactPatiently(db, async ({ tx }) => {
    // The row's lock comes first, so that the sum below sees every call that was closed before.
    await lockForMoney(tx, jobId);
    await tx
      .update(providerCalls)
      .set({
        ...rest,
        inputTokens: usage.input,
        cachedInputTokens: usage.cachedInput,
        cacheWriteTokens: usage.cacheWrite,
        outputTokens: usage.output,
        finishedAt: sql`now()`,
      })
      .where(eq(providerCalls.id, id));
    await sumUp(tx, jobId);
  });
}

/** Closes the calls of attempts whose worker is gone, at what they had reserved. The caller holds the job's lock. */
export async function closeAbandonedCalls(tx: Tx, jobId: string): Promise<void> {
  const closed = await tx
    .update(providerCalls)
    .set({
      state: "failed",
      errorCode: "worker_lost" satisfies JobErrorCode,
      cost: sql`${providerCalls.reservedCost}`,
      estimated: true,
      finishedAt: sql`now()`,
    })
    .where(and(eq(providerCalls.jobId, jobId), eq(providerCalls.state, "started")))
    .returning({ id: providerCalls.id });
  if (closed.length > 0) await sumUp(tx, jobId);
}

/**
 * Closes calls whose job has been finished for `seconds` while their worker never told how they ended, at what they
 * had reserved. Returns how many jobs had such calls.
 */
export async function closeForgottenCalls(db: Db, seconds: number): Promise<number> {
  const forgotten = await db
    .selectDistinct({ jobId: generationJobs.id })
    .from(providerCalls)
    .innerJoin(generationJobs, eq(generationJobs.id, providerCalls.jobId))
    .where(
      and(
        eq(providerCalls.state, "started"),
        lte(generationJobs.completedAt, sql`now() - make_interval(secs => ${seconds})`),
      ),
    );
  for (const { jobId } of forgotten) {
    await transactPatiently(db, async ({ tx }) => {
      await lockForMoney(tx, jobId);
      await closeAbandonedCalls(tx, jobId);
    });
  }
  return forgotten.length;
}

/** What the calls of one step have cost so far. */
export async function readStepCost(
  tx: Tx,
  { jobId, phase, step }: { jobId: string; phase: string; step: string },
): Promise<{ provider: string | null; model: string | null; cost: string | null }> {
  const [calls] = await tx
    .select({
      provider: sql<string | null>`max(${providerCalls.provider})`,
      model: sql<string | null>`max(${providerCalls.model})`,
      cost: sumOfCosts,
    })
    .from(providerCalls)
    .where(and(eq(providerCalls.jobId, jobId), eq(providerCalls.phase, phase), eq(providerCalls.step, step)));
  return calls ?? { provider: null, model: null, cost: null };
}

// One call without a price makes the whole sum unknown: null, never 0.
const sumOfCosts = sql<string | null>`
  case when bool_or(${providerCalls.cost} is null) filter (where ${providerCalls.state} <> 'started') then null
  else coalesce(sum(${providerCalls.cost}), 0)::numeric(20,12) end`;

async function sumUp(tx: Tx, jobId: string): Promise<void> {
  const [sums] = await tx
    .select({
      cost: sumOfCosts,
      inputTokens: sql<number>`coalesce(sum(${providerCalls.inputTokens}), 0)::integer`,
      cachedInputTokens: sql<number>`coalesce(sum(${providerCalls.cachedInputTokens}), 0)::integer`,
      outputTokens: sql<number>`coalesce(sum(${providerCalls.outputTokens}), 0)::integer`,
    })
    .from(providerCalls)
    .where(eq(providerCalls.jobId, jobId));
  await tx
    .update(generationJobs)
    .set({ ...sums })
    .where(eq(generationJobs.id, jobId));
}
