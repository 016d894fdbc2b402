import type { Db } from "../../../db/client.ts";
import { statement } from "../../../db/commit/statement.ts";
import { asTenant } from "../../../db/rights/tenant-role.ts";
import type { Status } from "../../job/transitions.ts";

/** A batch without its jobs. */
export type ListedBatch = {
  id: string;
  tags: string[];
  createdAt: Date;
  /** When all of its jobs were finished for the first time. */
  completedAt: Date | null;
  /** USD. Null as soon as the cost of one job is not known. */
  cost: string | null;
  counts: Record<Status, number>;
  /** Percent of its jobs, all together; a finished job has 100. */
  done: number;
};

/** `limit`: batches on a page. `before`: the id of the last batch of the page before. */
export type BatchFilter = { limit: number; before?: string | undefined };

/** `before`: where the next page begins; null after the last one. */
export type BatchPage = { batches: ListedBatch[]; before: string | null };

/** Newest first. */
export async function listBatches(db: Db, tenant: string, { limit, before }: BatchFilter): Promise<BatchPage> {
  // One more than asked for shows whether there is a next page.
  const most = limit + 1;
  const rows = await asTenant(db, tenant, ({ query }) =>
    before === undefined
      ? query<ListedBatch>(newest, [tenant, most])
      : query<ListedBatch>(older, [tenant, most, before]),
  );
  const batches = rows.slice(0, limit);
  return { batches, before: rows.length > limit ? (batches.at(-1)?.id ?? null) : null };
}

// An id begins with its time. It is never null, but PostgreSQL takes an index for an order only if both say the same of nulls.
const select = (which: string) =>
  statement(`
  select batch.id, batch.tags, batch.created_at as "createdAt", batch.completed_at as "completedAt", jobs.*
  from (
    select * from batches where ${which} order by id desc nulls last limit $2
  ) as batch, lateral (
    select case when bool_or(cost is null or children_cost is null) then null
        else sum(cost + children_cost)::numeric(20,12)::text end as cost,
      coalesce(sum(case when status in ('pending', 'processing') then percentage else 100 end), 0)::integer as done,
      json_build_object(
        'pending', count(*) filter (where status = 'pending'),
        'processing', count(*) filter (where status = 'processing'),
        'completed', count(*) filter (where status = 'completed'),
        'failed', count(*) filter (where status = 'failed'),
        'cancelled', count(*) filter (where status = 'cancelled')) as counts
    from generation_jobs where batch_id = batch.id and tenant = $1
  ) as jobs
  order by batch.id desc nulls last`);

const newest = select("tenant = $1");
const older = select("tenant = $1 and id < $3");
