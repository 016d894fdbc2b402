import { and, eq, gte, ne, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { providerCalls, tenants } from "../db/schema/index.ts";
import { PermanentError } from "../errors.ts";

type Reservation = { callId: string; model: string; reservedCost: string | null };

/** Whose budgets a call must fit into. `maxCostUsd` null: no limit. */
export type BudgetedJob = { id: string; tenant: string; maxCostUsd: string | null };

/**
 * Throws PermanentError `budget_exceeded` unless the call fits into what is left for the job and, from midnight to
 * midnight UTC, for its tenant. Calls under way count with the most that they can cost. The caller has locked the job's
 * row, so that calls of one job are checked one after the other.
 */
export async function requireBudgets(tx: Tx, job: BudgetedJob, call: Reservation): Promise<void> {
  if (job.maxCostUsd !== null) {
    await requireBudget(tx, call, {
      usd: job.maxCostUsd,
      whose: "the job",
      calls: eq(providerCalls.jobId, job.id),
    });
  }
  // Only a tenant with a budget has a row to wait for: its jobs reserve one after the other.
  const [tenant] = await tx.select().from(tenants).where(eq(tenants.id, job.tenant)).for("update");
  if (tenant && tenant.dailyBudgetUsd !== null) {
    await requireBudget(tx, call, {
      usd: tenant.dailyBudgetUsd,
      whose: "the tenant today",
      calls: ofToday(tenant.id),
    });
  }
}

/** From the next call on. `usd` null: no limit. */
export async function setDailyBudget(db: Db, tenant: string, usd: string | null): Promise<void> {
  await db
    .insert(tenants)
    .values({ id: tenant, dailyBudgetUsd: usd })
    .onConflictDoUpdate({ target: tenants.id, set: { dailyBudgetUsd: usd } });
}

/** What all tenants that have a budget, or called a model today, may use and have used of it. */
export async function readTenantUse(db: Db): Promise<TenantUse[]> {
  const { rows } = await db.execute<TenantUse>(sql`
    select coalesce(tenants.id, today.tenant) as tenant, tenants.daily_budget_usd as "dailyBudgetUsd",
      coalesce(today.used, 0)::numeric(20,12)::text as "usedTodayUsd"
    from tenants full join (
      select tenant, ${usedUsd} as used from provider_calls where started_at >= ${midnight} group by tenant
    ) as today on today.tenant = tenants.id
    order by 1`);
  return rows;
}

export type TenantUse = { tenant: string; dailyBudgetUsd: string | null; usedTodayUsd: string };

type Budget = { usd: string; whose: string; calls: SQL | undefined };

async function requireBudget(tx: Tx, call: Reservation, { usd, whose, calls }: Budget): Promise<void> {
  const { reservedCost } = call;
  if (reservedCost === null) {
    throw exceeded(`No price is known for the model ${call.model}, so a budget cannot be kept.`);
  }
  const [sum] = await tx
    .select({
      used: sql<string>`${usedUsd}::numeric(20,12)`,
      suffices: sql<boolean>`${usedUsd} + ${reservedCost}::numeric <= ${usd}::numeric`,
    })
    .from(providerCalls)
    .where(and(calls, ne(providerCalls.id, call.callId)));
  if (sum?.suffices) return;
  throw exceeded(`The next call may cost ${reservedCost} USD; ${sum?.used} of the ${usd} for ${whose} are used.`);
}

const midnight = sql`date_trunc('day', now(), 'UTC')`;
const ofToday = (tenant: string) => and(eq(providerCalls.tenant, tenant), gte(providerCalls.startedAt, midnight));
const usedUsd = sql`coalesce(sum(coalesce(${providerCalls.cost}, ${providerCalls.reservedCost})), 0)`;
const exceeded = (message: string) => new PermanentError(message, { code: "budget_exceeded" });
