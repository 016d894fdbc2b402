import { and, eq, lte, ne, sql } from "drizzle-orm";
import { v7 as newUuid } from "uuid";
import type { Db, Tx } from "../db/client.ts";
import { transactPatiently } from "../db/patience.ts";
import { generationJobs, providerCalls } from "../db/schema/index.ts";
import { type JobErrorCode, PermanentError } from "../errors.ts";
import type { Usage } from "./port.ts";

/** Whose call it is. */
export type CallOwner = { jobId: string; tenant: string; phase: string; step: string; attempt: number };

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
 * Writes a call down before it is made, with the most that it can cost. Returns its id.
 * Throws PermanentError `budget_exceeded` if the job's budget does not allow it.
 */
export async function openCall(
  db: Db,
  owner: CallOwner,
  call: { provider: string; model: string; reservedCost: string | null },
): Promise<string> {
  const id = newUuid();
  await transactPatiently(db, async ({ tx }) => {
    const job = await lockBudget(tx, owner.jobId);
    if (job?.maxCostUsd != null) await requireBudget(tx, id, owner.jobId, job.maxCostUsd, call);
    await tx
      .insert(providerCalls)
      .values({ id, ...owner, ...call })
      .onConflictDoNothing();
    await tx
      .update(generationJobs)
      .set({ providerUsed: call.provider, model: call.model })
      .where(eq(generationJobs.id, owner.jobId));
  });
  return id;
}

/** Writes down how a call ended, however late that is known: the money is spent in any case. */
export async function closeCall(db: Db, id: string, jobId: string, end: CallEnd): Promise<void> {
  const { usage, ...rest } = end;
  await transactPatiently(db, async ({ tx }) => {
    // The row's lock comes first, so that the sum below sees every call that was closed before.
    await lockBudget(tx, jobId);
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
      await lockBudget(tx, jobId);
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

async function lockBudget(tx: Tx, jobId: string): Promise<{ maxCostUsd: string | null } | undefined> {
  const [job] = await tx
    .select({ maxCostUsd: generationJobs.maxCostUsd })
    .from(generationJobs)
    .where(eq(generationJobs.id, jobId))
    .for("update");
  return job;
}

async function requireBudget(
  tx: Tx,
  callId: string,
  jobId: string,
  maxCostUsd: string,
  { model, reservedCost }: { model: string; reservedCost: string | null },
): Promise<void> {
  if (reservedCost === null) {
    throw new PermanentError(`No price is known for the model ${model}, so a budget cannot be kept.`, {
      code: "budget_exceeded",
    });
  }
  const [budget] = await tx
    .select({
      spent: sql<string>`coalesce(sum(coalesce(${providerCalls.cost}, ${providerCalls.reservedCost})), 0)::numeric(20,12)`,
      suffices: sql<boolean>`coalesce(sum(coalesce(${providerCalls.cost}, ${providerCalls.reservedCost})), 0) + ${reservedCost}::numeric <= ${maxCostUsd}::numeric`,
    })
    .from(providerCalls)
    .where(and(eq(providerCalls.jobId, jobId), ne(providerCalls.id, callId)));
  if (!budget?.suffices) {
    throw new PermanentError(
      `The next call may cost ${reservedCost} USD; ${budget?.spent} of ${maxCostUsd} are used.`,
      {
        code: "budget_exceeded",
      },
    );
  }
}
