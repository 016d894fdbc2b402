import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { transact } from "../db/commit/transact.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { beginningOf, type Window } from "./window.ts";

/** What is counted, and of when: from the beginning of a span to now, and the window before from `before`. */
export type Counting = {
  tx: Tx;
  /** Null: all tenants together. */
  tenant: string | null;
  window: Window;
  before: Date;
  from: Date;
  to: Date;
  /** Until when all was rolled up; null before the first time. What came later is counted from its rows. */
  rolledUntil: Date | null;
  /**
   * `before`, `from`, where rows are counted from, and the whole coarser spans within the window (none: they begin after
   * they end), as PostgreSQL writes them: a Date has no microseconds.
   */
  edges: { before: string; from: string; rows: string; coarseFrom: string; coarseTo: string };
};

/** Runs `count` on the database as it is at one moment: a roll-up that commits meanwhile doubles nothing. */
export async function atOneMoment<T>(
  db: Db,
  { tenant, window }: Pick<Counting, "tenant" | "window">,
  count: (counting: Counting) => Promise<T>,
): Promise<T> {
  return await (tenant === null ? transact(db, run) : asTenant(db, tenant, run));

  async function run({ tx }: { tx: Tx }): Promise<T> {
    // To compile such statements takes PostgreSQL ten times as long as to run them, where it can.
    await tx.execute(sql`set transaction isolation level repeatable read read only; set local jit = off`);
    const coarse = coarserThan[window.span];
    const { rows } = await tx.execute<Moment & Pick<Counting, "edges">>(sql`
      with window_begins as (
        select ${beginningOf(window)} as at
      ), times as (
        select at - make_interval(mins => ${window.minutes}) as before, at as "from", now() as "to",
          date_trunc(${coarse}, at + ${`1 ${coarse}`}::interval - interval '1 microsecond', 'UTC') as coarse_from,
          date_trunc(${coarse}, now(), 'UTC') as coarse_to
        from window_begins
      )
      select ${millis("before")} as before, ${millis('"from"')} as "from", ${millis('"to"')} as "to",
        ${millis("nullif(until, '-infinity')")} as "rolledUntil",
        json_build_object('before', before::text, 'from', "from"::text, 'rows', greatest(until, before)::text,
          'coarseFrom', coarse_from::text, 'coarseTo', coarse_to::text) as edges
      from times, generation_job_roll_up`);
    const [moment] = rows;
    if (!moment) throw new Error("The row of generation_job_roll_up is missing.");
    const { rolledUntil, edges } = moment;
    return await count({
      ...{ tx, tenant, window, edges },
      before: new Date(moment.before),
      from: new Date(moment.from),
      to: new Date(moment.to),
      rolledUntil: rolledUntil === null ? null : new Date(rolledUntil),
    });
  }
}

/**
 * The rolled-up rows that add up to the window: the hours or days that lie wholly within it, and its own spans at both ends.
 * A third of the rows give the same sum.
 */
export function areInWindow({ window: { span }, edges: { from, coarseFrom, coarseTo } }: Counting): SQL {
  return sql`(
    span = ${span} and start >= ${from} and (start < ${coarseFrom} or start >= ${coarseTo})
    or span = ${coarserThan[span]} and start >= ${coarseFrom} and start < ${coarseTo}
  )`;
}

// Nothing is coarser than a day, and a day is wholly within what begins and ends with one.
const coarserThan = { minute: "hour", hour: "day", day: "day" } as const;

type Moment = { before: number; from: number; to: number; rolledUntil: number | null };

/** A time as the milliseconds that a Date takes: Drizzle leaves it as PostgreSQL writes it. */
export const millis = (time: string): SQL => sql.raw(`(extract(epoch from ${time}) * 1000)::float8`);
