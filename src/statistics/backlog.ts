import { sql } from "drizzle-orm";
import type { Counting } from "./snapshot.ts";

/** The live jobs that stand at a phase. */
export type Backlog = {
  type: string;
  phase: string;
  /** Due, and no worker has taken them yet. */
  waiting: number;
  /** A worker holds them. */
  running: number;
  /** Due at a later time: for `startAfter`, for their next attempt, or when jobs that they have spawned have ended. */
  later: number;
  /** Held back by their tenant's limit, or while it is paused. */
  held: number;
  /** How long the first of those that wait has been due, in seconds. Null if none waits. */
  oldestWaitSeconds: number | null;
};

/** Counts the live jobs as they stand now. */
export async function countBacklog({ tx, tenant }: Pick<Counting, "tx" | "tenant">): Promise<Backlog[]> {
  const isOwn = tenant === null ? sql`true` : sql`tenant = ${tenant}`;
  const { rows } = await tx.execute<Backlog>(sql`
    with live as (
      select type, phase, case
        when waiting_for = 'tenant_limit' then 'held'
        when claim is not null and (next_attempt_at is null or waiting_for is not null) then 'running'
        when next_attempt_at > now() or waiting_for = 'children' then 'later' else 'waiting' end as state,
        greatest(case status when 'pending' then created_at else last_updated end, next_attempt_at) as due_at
      from generation_jobs where status in ('pending', 'processing') and ${isOwn}
    )
    select type, phase, count(*) filter (where state = 'waiting')::integer as waiting,
      count(*) filter (where state = 'running')::integer as running,
      count(*) filter (where state = 'later')::integer as later,
      count(*) filter (where state = 'held')::integer as held,
      (extract(epoch from now() - min(due_at) filter (where state = 'waiting')))::float8 as "oldestWaitSeconds"
    from live group by type, phase order by type, phase`);
  return rows;
}
