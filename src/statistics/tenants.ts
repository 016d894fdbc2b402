import { sql } from "drizzle-orm";
import { areInWindow, type Counting } from "./snapshot.ts";

/** What a tenant's jobs came to in the window. */
export type TenantCount = {
  tenant: string;
  created: number;
  completed: number;
  failed: number;
  cancelled: number;
  calls: number;
  unpriced: number;
  /** USD, of the calls whose cost is known. */
  cost: string;
};

/** Counts what each tenant's jobs came to, the costliest first. */
export async function countTenants(counting: Counting): Promise<TenantCount[]> {
  const { tx, edges } = counting;
  const isInWindow = sql`${areInWindow(counting)} and tenant <> ''`;
  const { rows } = await tx.execute<TenantCount>(sql`
    with counted as (
      select tenant, measure, count, 0 as unpriced, 0 as cost from generation_job_counts
      where ${isInWindow} and measure in ('created', 'completed', 'failed', 'cancelled')
      union all
      select tenant, 'created', 1, 0, 0 from generation_jobs
      where created_at >= greatest(${edges.rows}, ${edges.from}::timestamptz)
      union all
      select tenant, status, 1, 0, 0 from generation_jobs
      where completed_at >= greatest(${edges.rows}, ${edges.from}::timestamptz)
      union all
      select tenant, 'calls', calls, unpriced, cost from provider_call_counts where ${isInWindow}
      union all
      select tenant, 'calls', 1, case when cost is null then 1 else 0 end, coalesce(cost, 0) from provider_calls
      where finished_at >= greatest(${edges.rows}, ${edges.from}::timestamptz)
    )
    select tenant, ${sumOf("created")} as created, ${sumOf("completed")} as completed, ${sumOf("failed")} as failed,
      ${sumOf("cancelled")} as cancelled, ${sumOf("calls")} as calls, sum(unpriced)::float8 as unpriced, sum(cost)::numeric(20,12)::text as cost
    from counted group by tenant having sum(count) <> 0 order by sum(cost) desc, created desc, tenant`);
  return rows;
}

const sumOf = (measure: string) => sql`coalesce(sum(count) filter (where measure = ${measure}), 0)::float8`;
