import { type Query, statement } from "../db/commit/statement.ts";
import type { Refusal } from "../db/schema/model/provider-calls.ts";
import type { JobErrorCode } from "../errors.ts";
import type { Usage } from "../model/port/port.ts";
import { storableJson } from "../storable.ts";
import { holdBudgets, settle } from "./budgets.ts";

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
  servedTier: string | null;
  providerRequestId: string | null;
  errorCode: JobErrorCode | null;
  refusal: Refusal | null;
  /** `cost` is what the provider itself named. */
  costStated: boolean;
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

export async function insertCalls(query: Query, calls: readonly NewCall[]): Promise<void> {
  if (calls.length > 0) await query(insert, [storableJson(calls)]);
}

const insert = statement(`
  insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, reserved_cost)
  select id, "jobId", tenant, phase, step, attempt, provider, model, "reservedCost"
  from json_to_recordset($1::json) as new (
    id uuid, "jobId" text, tenant text, phase text, step text, attempt integer, provider text, model text,
    "reservedCost" numeric
  )
  on conflict do nothing`);

/** Which of these calls are written down. */
export async function findCalls(query: Query, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  return new Set((await query<{ id: string }>(find, [ids])).map(({ id }) => id));
}

const find = statement("select id from provider_calls where id = any($1::uuid[])");

/** `number`: the call's among those of its step. `called`: what was asked, for which it took so many seconds. */
export type EndedCall = {
  id: string;
  jobId: string;
  number: number;
  called: { provider: string; model: string; seconds: number };
  end: CallEnd;
};

/** Writes how calls ended, and returns what each of their jobs has spent with them. */
export async function endCalls(query: Query, calls: readonly EndedCall[]): Promise<Map<string, Spending>> {
  const rows = calls.map(({ id, number, end: { usage, ...end } }) => ({ id, number, ...end, ...usage }));
  await holdBudgets(query);
  await settle(query, rows);
  await query(end, [storableJson(rows)]);
  return await sumUp(query, [...new Set(calls.map(({ jobId }) => jobId))]);
}

// A call that is answered waits for nothing any more: another wait of it is a new one.
const end = statement(`
  with answered as (
    delete from step_waits as waiting
    using json_to_recordset($1::json) as ended (id uuid, number integer, state text), provider_calls call
    where ended.state = 'succeeded' and call.id = ended.id and waiting.job_id = call.job_id
      and waiting.phase = call.phase and waiting.step = call.step and waiting.call = ended.number
  )
  update provider_calls as call
  set state = ended.state, cost = ended.cost, estimated = ended.estimated, served_model = ended."servedModel",
    served_tier = ended."servedTier",
    provider_request_id = ended."providerRequestId", error_code = ended."errorCode",
    refusal = ended.refusal, cost_stated = ended."costStated", input_tokens = ended.input,
    cached_input_tokens = ended."cachedInput", cache_write_tokens = ended."cacheWrite", output_tokens = ended.output,
    finished_at = now()
  from json_to_recordset($1::json) as ended (
    id uuid, state text, cost numeric, estimated boolean, "servedModel" text, "servedTier" text, "providerRequestId" text,
    "errorCode" text, refusal jsonb, "costStated" boolean, input integer, "cachedInput" integer, "cacheWrite" integer, output integer
  )
  where call.id = ended.id`);

/** Ends the calls that a dead worker left open, at what they had reserved. Null if there were none. */
export async function endAbandonedCalls(query: Query, jobId: string): Promise<Spending | null> {
  const ended = await query(abandon, [jobId, "worker_lost" satisfies JobErrorCode]);
  return ended.length > 0 ? ((await sumUp(query, [jobId])).get(jobId) ?? null) : null;
}

const abandon = statement(`
  update provider_calls
  set state = 'failed', error_code = $2, cost = reserved_cost, estimated = true, finished_at = now()
  where job_id = $1 and state = 'started'
  returning id`);

type StepOfJob = { jobId: string; phase: string; step: string };
type StepCost = { provider: string | null; model: string | null; cost: string | null };

/** What the calls of these steps have cost so far, in their order. */
export async function readStepCosts(query: Query, steps: readonly StepOfJob[]): Promise<StepCost[]> {
  return await query<StepCost>(stepCosts, [storableJson(steps)]);
}

const stepCosts = statement(`
  select (array_agg(call.provider order by call.state = 'succeeded', call.started_at))[count(*)] as provider,
    (array_agg(call.model order by call.state = 'succeeded', call.started_at))[count(*)] as model,
    case when bool_or(call.cost is null) filter (where call.state <> 'started') then null
    else coalesce(sum(call.cost), 0)::numeric(20,12) end as cost
  from rows from (json_to_recordset($1::json) as ("jobId" text, phase text, step text))
    with ordinality as wanted ("jobId", phase, step, place)
  left join provider_calls call
    on call.job_id = wanted."jobId" and call.phase = wanted.phase and call.step = wanted.step
  group by wanted.place order by wanted.place`);

async function sumUp(query: Query, jobIds: readonly string[]): Promise<Map<string, Spending>> {
  const rows = await query<Spending & { jobId: string }>(sums, [jobIds]);
  return new Map(rows.map(({ jobId, ...spending }) => [jobId, spending]));
}

// One call without a price makes the whole sum unknown: null, never 0.
const sums = statement(`
  select job_id as "jobId",
    case when bool_or(cost is null) filter (where state <> 'started') then null
    else coalesce(sum(cost), 0)::numeric(20,12) end as cost,
    coalesce(sum(input_tokens), 0)::integer as "inputTokens",
    coalesce(sum(cached_input_tokens), 0)::integer as "cachedInputTokens",
    coalesce(sum(output_tokens), 0)::integer as "outputTokens"
  from provider_calls where job_id = any($1::text[]) group by job_id`);
