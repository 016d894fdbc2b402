import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { type Query, statement } from "../db/commit/statement.ts";
import { providerCalls } from "../db/schema/index.ts";
import type { JobErrorCode } from "../errors.ts";
import type { Usage } from "../model/port.ts";
import { storableJson } from "../storable.ts";

/** A call as it is written before it is made: whose it is, and the most that it can cost. */
export type NewCall = {
  id: string;
  jobId: string;
  tenant: string;
  phase: string;
  step: string;
  attempt: number;
  provider: string;
  model: string;
  reservedCost: string | null;
};

/** How a call ended. `cost` is null when no price is known. `estimated`: the provider never reported the usage. */
export type CallEnd = {
  state: "succeeded" | "failed" | "cancelled";
  usage: Usage;
  cost: string | null;
  estimated: boolean;
  servedModel: string | null;
  providerRequestId: string | null;
  errorCode: JobErrorCode | null;
};

/** What all calls of a job come to. `cost` is null as soon as one of them has no known price. */
export type Spending = {
  cost: string | null;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
};

/*
 * Every function that writes here is called under the lock on the job's row, so that a sum sees every call that was
 * written before.
 */

export async function insertCall(tx: Tx, call: NewCall): Promise<void> {
  await tx.insert(providerCalls).values(call).onConflictDoNothing();
}

export async function hasCall(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$count(providerCalls, eq(providerCalls.id, id))) > 0;
}

/** Writes how a call ended, and returns what the job has spent with it. */
export async function endCall(tx: Tx, jobId: string, id: string, end: CallEnd): Promise<Spending> {
  const { usage, ...rest } = end;
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
  return await sumUp(tx, jobId);
}

/** Ends the calls that a dead worker left open, at what they had reserved. Null if there were none. */
export async function endAbandonedCalls(tx: Tx, jobId: string): Promise<Spending | null> {
  const ended = await tx
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
  return ended.length > 0 ? await sumUp(tx, jobId) : null;
}

type StepOfJob = { jobId: string; phase: string; step: string };
type StepCost = { provider: string | null; model: string | null; cost: string | null };

/** What the calls of these steps have cost so far, in their order. */
export async function readStepCosts(query: Query, steps: readonly StepOfJob[]): Promise<StepCost[]> {
  return await query<StepCost>(stepCosts, [storableJson(steps)]);
}

const stepCosts = statement(`
  select max(call.provider) as provider, max(call.model) as model,
    case when bool_or(call.cost is null) filter (where call.state <> 'started') then null
    else coalesce(sum(call.cost), 0)::numeric(20,12) end as cost
  from rows from (json_to_recordset($1::json) as ("jobId" text, phase text, step text))
    with ordinality as wanted ("jobId", phase, step, place)
  left join provider_calls call
    on call.job_id = wanted."jobId" and call.phase = wanted.phase and call.step = wanted.step
  group by wanted.place order by wanted.place`);

// One call without a price makes the whole sum unknown: null, never 0.
const sumOfCosts = sql<string | null>`
  case when bool_or(${providerCalls.cost} is null) filter (where ${providerCalls.state} <> 'started') then null
  else coalesce(sum(${providerCalls.cost}), 0)::numeric(20,12) end`;

async function sumUp(tx: Tx, jobId: string): Promise<Spending> {
  const [sums] = await tx
    .select({
      cost: sumOfCosts,
      inputTokens: sql<number>`coalesce(sum(${providerCalls.inputTokens}), 0)::integer`,
      cachedInputTokens: sql<number>`coalesce(sum(${providerCalls.cachedInputTokens}), 0)::integer`,
      outputTokens: sql<number>`coalesce(sum(${providerCalls.outputTokens}), 0)::integer`,
    })
    .from(providerCalls)
    .where(eq(providerCalls.jobId, jobId));
  if (!sums) throw new Error("A sum over calls gave no row.");
  return sums;
}
