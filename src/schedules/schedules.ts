import { and, asc, eq, getTableColumns } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { type Query, statement } from "../db/commit/statement.ts";
import { takeTurn } from "../db/commit/turn.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { schedules } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import type { SubmissionParts } from "../generation/requests/submit.ts";
import { isUuid, newUuid } from "../ids.ts";
import { upcoming } from "./occurrences.ts";
import { checkOrder, nextOf, type ScheduleChanges, type ScheduleOrder, timesOf } from "./order.ts";

export type ScheduleRow = typeof schedules.$inferSelect;
/** As a list has it: an input may be large. */
export type ListedSchedule = Omit<ScheduleRow, "input"> & { input?: unknown };

/** What callers can do with the schedules of their tenant. Throws RequestError for what cannot be done. */
export type Schedules = {
  /** The input is checked against its type's schema, now and whenever it is submitted. */
  create(tenant: string, order: ScheduleOrder): Promise<ScheduleRow>;
  /** The oldest first. */
  list(tenant: string): Promise<ListedSchedule[]>;
  find(tenant: string, id: string): Promise<ScheduleRow>;
  /** What is undefined stays as it is. One that is resumed goes on with what comes next; what is due stays due at other times. */
  change(tenant: string, id: string, changes: ScheduleChanges): Promise<ScheduleRow>;
  /** Nothing more is submitted. Its jobs stay. */
  remove(tenant: string, id: string): Promise<void>;
  /** The next occurrences, of a paused one too. */
  next(tenant: string, id: string, count: number): Promise<{ schedule: ScheduleRow; occurrences: Date[] }>;
};

export const mostSchedules = 100;

export function createSchedules(parts: Omit<SubmissionParts, "queue"> & { db: Db }): Schedules {
  const { db } = parts;

  return {
    async create(tenant, order) {
      checkOrder(parts, tenant, order, order);
      return await asTenant(db, tenant, async ({ tx, query }) => {
        await takeTurn(query, tenant, "schedules");
        const { now, count } = await look(query, tenant);
        if (count >= mostSchedules)
          throw invalid(`A tenant may have ${mostSchedules} schedules: remove one first.`);
        const { paused, ...columns } = order;
        const nextRunAt = paused ? null : timesOf(order)(now);
        const [row] = await tx
          .insert(schedules)
          .values({ ...columns, id: newUuid(), tenant, nextRunAt })
          .returning();
        return row as ScheduleRow;
      });
    },

    list: (tenant) => asTenant(db, tenant, ({ tx }) => listSchedules(tx, tenant)),

    find: (tenant, id) => asTenant(db, tenant, ({ tx }) => findOwn(tx, tenant, id)),

    change: (tenant, id, changes) =>
      asTenant(db, tenant, async ({ tx, query }) => {
        const before = await findOwn(tx, tenant, id, { locked: true });
        const order = { ...before, paused: before.nextRunAt === null, ...withoutUndefined(changes) };
        checkOrder(parts, tenant, changes, order);
        const { now } = await look(query, tenant);
        const isChecked = changes.type !== undefined || changes.input !== undefined;
        const { paused, ...columns } = order;
        const [row] = await tx
          .update(schedules)
          .set({
            ...columns,
            nextRunAt: nextOf(before, order, now),
            updatedAt: now,
            ...(isChecked ? { lastError: null } : {}),
          })
          .where(eq(schedules.id, before.id))
          .returning();
        return row as ScheduleRow;
      }),

    remove: (tenant, id) =>
      asTenant(db, tenant, async ({ tx }) => {
        const { id: found } = await findOwn(tx, tenant, id, { locked: true });
        await tx.delete(schedules).where(eq(schedules.id, found));
      }),

    next: (tenant, id, count) =>
      asTenant(db, tenant, async ({ tx, query }) => {
        const schedule = await findOwn(tx, tenant, id);
        const { now } = await look(query, tenant);
        return { schedule, occurrences: [...upcoming(timesOf(schedule), now).take(count)] };
      }),
  };
}

const { input, ...listed } = getTableColumns(schedules);

/** The oldest first, of one tenant or of all. */
export const listSchedules = (db: Db | Tx, tenant?: string): Promise<ListedSchedule[]> =>
  db
    .select(listed)
    .from(schedules)
    .where(tenant === undefined ? undefined : eq(schedules.tenant, tenant))
    .orderBy(asc(schedules.id));

async function findOwn(tx: Tx, tenant: string, id: string, { locked = false } = {}): Promise<ScheduleRow> {
  const own = tx
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, id), eq(schedules.tenant, tenant)));
  const [row] = isUuid(id) ? await (locked ? own.for("no key update") : own) : [];
  if (!row) throw new RequestError("not_found", "There is no such schedule.");
  return row;
}

const withoutUndefined = (changes: ScheduleChanges): Partial<ScheduleOrder> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

const invalid = (detail: string) => new RequestError("invalid_input", detail);

async function look(query: Query, tenant: string): Promise<{ now: Date; count: number }> {
  const [looked] = await query<{ now: Date; count: number }>(nowAndCount, [tenant]);
  return looked as { now: Date; count: number };
}

const nowAndCount = statement(`
  select date_trunc('milliseconds', now()) as now,
    (select count(*)::integer from schedules where tenant = $1) as count`);
