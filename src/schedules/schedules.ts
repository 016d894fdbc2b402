import { and, asc, eq, getTableColumns } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { type Query, statement } from "../db/commit/statement.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { schedules } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import { checkSubmission, type SubmissionParts } from "../generation/requests/submit.ts";
import { isUuid, newUuid } from "../ids.ts";
import type { Missed } from "./due.ts";
import { occurrencesOf, problemOfCron, problemOfTimeZone, type Recurrence, upcoming } from "./occurrences.ts";

export type ScheduleRow = typeof schedules.$inferSelect;
/** As a list has it: an input may be large. */
export type ListedSchedule = Omit<ScheduleRow, "input"> & { input?: unknown };

/** What a schedule submits, and when. */
export type ScheduleOrder = Recurrence & {
  type: string;
  input: unknown;
  missed: Missed;
  paused: boolean;
  /** As of a submission. */
  priority: number;
  maxCostUsd: string | null;
  tags: string[];
};

export type ScheduleChanges = { [Name in keyof ScheduleOrder]?: ScheduleOrder[Name] | undefined };

/** What callers can do with the schedules of their tenant. Throws RequestError for what cannot be done. */
export type Schedules = {
  /** The input is checked against its type's schema, now and whenever it is submitted. */
  create(tenant: string, order: ScheduleOrder): Promise<ScheduleRow>;
  /** The oldest first. */
  list(tenant: string): Promise<ListedSchedule[]>;
  find(tenant: string, id: string): Promise<ScheduleRow>;
  /** What is undefined stays as it is. One that is resumed, or comes at other times now, goes on with what comes next. */
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
        const { now, count } = await look(query, tenant);
        if (count >= mostSchedules)
          throw invalid(`A tenant may have ${mostSchedules} schedules: remove one first.`);
        const { paused, ...columns } = order;
        const nextRunAt = paused ? null : occurrencesOf(order)(now);
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
        return { schedule, occurrences: [...upcoming(occurrencesOf(schedule), now).take(count)] };
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

function nextOf(before: ScheduleRow, order: ScheduleOrder, now: Date): Date | null {
  if (order.paused) return null;
  const comesAsBefore = before.cron === order.cron && before.timeZone === order.timeZone;
  return before.nextRunAt !== null && comesAsBefore ? before.nextRunAt : occurrencesOf(order)(now);
}

/** Says together all that is wrong with what was given of an order. What was stored may not fit any more, and is let be. */
function checkOrder(
  parts: Omit<SubmissionParts, "queue">,
  tenant: string,
  given: ScheduleChanges,
  { type, input }: ScheduleOrder,
): void {
  const problems: [string, string | null][] = [
    ["/cron", given.cron === undefined ? null : problemOfCron(given.cron)],
    ["/timeZone", given.timeZone === undefined ? null : problemOfTimeZone(given.timeZone)],
  ];
  const issues = problems.flatMap(([pointer, message]) => (message === null ? [] : [{ pointer, message }]));
  try {
    if (given.type !== undefined || given.input !== undefined) checkSubmission(parts, tenant, { type, input });
  } catch (error) {
    if (!(error instanceof RequestError) || issues.length === 0) throw error;
    issues.push(...error.issues);
  }
  if (issues.length > 0) throw new RequestError("invalid_input", "The schedule is not valid.", { issues });
}

const invalid = (detail: string) => new RequestError("invalid_input", detail);

async function look(query: Query, tenant: string): Promise<{ now: Date; count: number }> {
  const [looked] = await query<{ now: Date; count: number }>(nowAndCount, [tenant]);
  return looked as { now: Date; count: number };
}

const nowAndCount = statement(`
  select date_trunc('milliseconds', now()) as now,
    (select count(*)::integer from schedules where tenant = $1) as count`);
