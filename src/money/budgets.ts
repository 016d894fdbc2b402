import { sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type Query, statement } from "../db/commit/statement.ts";
import { transact } from "../db/commit/transact.ts";
import { apiKeys, providerCalls } from "../db/schema/index.ts";
import { PermanentError } from "../errors.ts";
import { storableJson } from "../storable.ts";

type Reservation = { model: string; reservedCost: string | null };

/** Whose budgets a call must fit into: `job` of the job and of those above it. */
export type Budgets = { job: readonly JobBudget[]; tenant: string; hasDailyBudget: boolean };

/** The budget of a job, for its own calls and for those of all jobs below it. `ofId`: whose call is to fit. */
export type JobBudget = { ofId: string; holderId: string; maxCostUsd: string };

/** No budget is set until the transaction is over, which opens or closes calls: `setDailyBudget` sums them up. */
export async function holdBudgets(query: Query): Promise<void> {
  await query(letNoBudgetBeSet, []);
}

const letNoBudgetBeSet = statement("lock table provider_calls in row exclusive mode");

/** Which of these tenants have a budget for the day. Their jobs reserve one after the other from now on. */
export async function lockDailyBudgets(query: Query, tenants: readonly string[]): Promise<Set<string>> {
  const rows = await query<{ id: string }>(lock, [[...new Set(tenants)]]);
  return new Set(rows.map(({ id }) => id));
}

/**
 * The budgets that the calls of these jobs must fit into. Jobs of one family reserve one after the other from now on, until the
 * transaction is over. The caller has locked the jobs' rows.
 */
export async function lockJobBudgets(
  query: Query,
  jobs: readonly { id: string; maxCostUsd: string | null; parentId: string | null }[],
): Promise<JobBudget[]> {
  const ids = jobs.flatMap(({ id, maxCostUsd, parentId }) =>
    maxCostUsd !== null || parentId !== null ? [id] : [],
  );
  if (ids.length === 0) return [];
  return await query<JobBudget>(lockBudgets, [[...new Set(ids)]]);
}

/**
 * Reserves what a call can cost at most, before it is written down. Throws PermanentError `budget_exceeded`, and reserves
 * nothing, unless it fits into what is left for the job, for those above it and, from midnight to midnight UTC, for its tenant.
 * The caller has locked the job's row, its budgets (`lockJobBudgets`) and the tenant's (`lockDailyBudgets`).
 */
export async function reserve(
  query: Query,
  jobId: string,
  { job, tenant, hasDailyBudget }: Budgets,
  { model, reservedCost }: Reservation,
): Promise<void> {
  if (job.length === 0 && !hasDailyBudget) return;
  if (reservedCost === null) {
    throw exceeded(`No price is known for the model ${model}, so a budget cannot be kept.`);
  }
  const refuse = (used: string | undefined, budget: string | undefined, whose: string) =>
    exceeded(
      `The next call may cost ${short(reservedCost)} USD; ${short(used)} of the ${short(budget)} for ${whose} are used.`,
    );
  for (const { holderId, maxCostUsd } of job) {
    const [sum] = await query<{ used: string; suffices: boolean }>(usedByFamily, [
      holderId,
      reservedCost,
      maxCostUsd,
    ]);
    const whose = holderId === jobId ? "the job" : `the job ${holderId}, which has spawned it,`;
    if (!sum?.suffices) throw refuse(sum?.used, maxCostUsd, whose);
  }
  if (!hasDailyBudget) return;
  const [reserved] = await query(reserveDay, [tenant, reservedCost]);
  if (reserved) return;
  const [day] = await query<{ used: string; budget: string }>(usedToday, [tenant]);
  throw refuse(day?.used, day?.budget, "the tenant today");
}

/** Takes back from the tenants' day what calls have not cost, before their ends are written down. */
export async function settle(query: Query, ended: readonly { id: string; cost: string | null }[]): Promise<void> {
  await query(settleDays, [storableJson(ended)]);
}

const today = "(now() at time zone 'UTC')::date";
const used = `case when used_day = ${today} then used_usd else 0 end`;

const lock = statement(`
  select id from tenants where id = any($1::text[]) and daily_budget_usd is not null order by id for update`);

// One lock for each job that has a budget: calls of its children are opened by other workers, under other rows' locks.
const lockBudgets = statement(`
  with recursive up as (
    select id as of_id, id, parent_id, max_cost_usd from generation_jobs where id = any($1::text[])
    union all
    select up.of_id, job.id, job.parent_id, job.max_cost_usd from up join generation_jobs as job on job.id = up.parent_id
  ), budgets as (select of_id, id, max_cost_usd from up where max_cost_usd is not null),
  locked as (
    select id, pg_advisory_xact_lock(hashtextextended(id, 20)) from (select distinct id from budgets order by id) as in_order
  )
  select of_id as "ofId", id as "holderId", max_cost_usd as "maxCostUsd" from budgets join locked using (id)`);

const usedByFamily = statement(`
  with recursive family as (
    select $1::text as id
    union all
    select child.id from family join generation_jobs as child on child.parent_id = family.id
  )
  select coalesce(sum(used), 0)::numeric(20,12) as used, coalesce(sum(used), 0) + $2::numeric <= $3::numeric as suffices
  from family cross join lateral (
    select sum(coalesce(cost, reserved_cost)) as used from provider_calls where job_id = family.id
  ) as calls`);

const reserveDay = statement(`
  update tenants set used_usd = ${used} + $2::numeric, used_day = ${today}
  where id = $1 and ${used} + $2::numeric <= daily_budget_usd
  returning id`);

const usedToday = statement(
  `select (${used})::numeric(20,12) as used, daily_budget_usd as budget from tenants where id = $1`,
);

// What a call reserved or cost counts on the day on which it began. Ended twice, it changes nothing the second time.
const settleDays = statement(`
  with settled as (
    select call.tenant, (call.started_at at time zone 'UTC')::date as day,
      sum(coalesce(ended.cost, call.reserved_cost, 0) - coalesce(call.cost, call.reserved_cost, 0)) as difference
    from json_to_recordset($1::json) as ended (id uuid, cost numeric)
    join provider_calls call on call.id = ended.id
    group by 1, 2
  ), locked as (
    select id from tenants where daily_budget_usd is not null and id in (select tenant from settled) order by id for update
  )
  update tenants set used_usd = used_usd + difference
  from settled, locked
  where tenants.id = locked.id and settled.tenant = locked.id and tenants.used_day = settled.day`);

/** From the next call on. `usd` null: no limit. Calls begin again when what was used today has been summed up. */
export async function setDailyBudget(db: Db, tenant: string, usd: string | null): Promise<void> {
  await transact(db, async ({ query }) => {
    // A call that is being opened or closed knows of no budget yet: it is waited for, and then in the sum.
    await query(letNoCallChange, []);
    await query(setBudget, [tenant, usd]);
    await query(sumUpDay, [tenant]);
  });
}

const setBudget = statement(`
  insert into tenants (id, daily_budget_usd) values ($1, $2)
  on conflict (id) do update set daily_budget_usd = excluded.daily_budget_usd`);
const letNoCallChange = statement("lock table provider_calls in share row exclusive mode");
const sumUpDay = statement(`
  update tenants set used_day = ${today}, used_usd = (
    select coalesce(sum(coalesce(cost, reserved_cost)), 0) from provider_calls
    where tenant = tenants.id and started_at >= date_trunc('day', now(), 'UTC'))
  where id = $1`);

/** What tenants may use, have used and get: those with a key in force, for which something is set, or that called a model today. */
export async function readTenantUse(db: Db): Promise<TenantUse[]> {
  const { rows } = await db.execute<TenantUse>(sql`
    select coalesce(tenants.id, today.tenant, keys.tenant) as tenant, tenants.daily_budget_usd as "dailyBudgetUsd",
      coalesce(tenants.weight, 1) as weight, tenants.max_running as "maxRunning",
      coalesce(today.used, 0)::numeric(20,12)::text as "usedTodayUsd"
    from tenants full join (
      select tenant, ${usedUsd} as used from provider_calls where started_at >= ${midnight} group by tenant
    ) as today on today.tenant = tenants.id
    full join (select distinct tenant from ${apiKeys} where revoked_at is null) as keys
      on keys.tenant = coalesce(tenants.id, today.tenant)
    order by 1`);
  return rows;
}

export type TenantUse = {
  tenant: string;
  dailyBudgetUsd: string | null;
  usedTodayUsd: string;
  weight: number;
  maxRunning: number | null;
};

const midnight = sql`date_trunc('day', now(), 'UTC')`;
const usedUsd = sql`coalesce(sum(coalesce(${providerCalls.cost}, ${providerCalls.reservedCost})), 0)`;
/** An amount without the zeros that end its 12 decimals. */
const short = (usd = "0") => usd.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
const exceeded = (message: string) => new PermanentError(message, { code: "budget_exceeded" });
