import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { freeText, json, time, usd } from "../columns.ts";

/** What submits a tenant's jobs on a cron. A process that claims a due row submits its job and moves the row on, in one transaction. */
export const schedules = pgTable(
  "schedules",
  {
    id: uuid("id").primaryKey(),
    tenant: text("tenant").notNull(),
    type: text("type").notNull(),
    /** As it was given: each job is submitted with it, and checked as any submission is. */
    input: json<unknown>("input").notNull(),
    /** Five fields. */
    cron: text("cron").notNull(),
    /** By its name in the IANA database. */
    timeZone: text("time_zone").notNull(),
    /** What becomes of occurrences that no process could run in time. */
    missed: text("missed").$type<"skip" | "once">().notNull(),
    priority: integer("priority").notNull().default(0),
    maxCostUsd: usd("max_cost_usd"),
    tags: freeText("tags").array().notNull().default([]),
    createdAt: time("created_at").notNull().defaultNow(),
    /** By a caller. */
    updatedAt: time("updated_at").notNull().defaultNow(),
    /** The first occurrence that is not decided on yet. Null while it is paused. */
    nextRunAt: time("next_run_at"),
    /** The occurrence that `last_job_id` was submitted for. */
    lastRunAt: time("last_run_at"),
    /** Not a foreign key: retention removes the job, and the schedule stays. */
    lastJobId: text("last_job_id"),
    /** Occurrences that no job was submitted for, since no process could run them in time. */
    missedCount: integer("missed_count").notNull().default(0),
    /** The latest of them. */
    lastMissedAt: time("last_missed_at"),
    /** Why the latest occurrence gave no job: it was refused. Null once one was accepted. */
    lastError: json<ScheduleError>("last_error"),
  },
  (table) => [
    check("schedules_missed_known", sql`${table.missed} in ('skip', 'once')`),
    check("schedules_run_has_job", sql`(${table.lastRunAt} is null) = (${table.lastJobId} is null)`),
    // Lists and counts a tenant's schedules, in the order in which they were made.
    index("schedules_tenant_id").on(table.tenant, table.id),
    // Finds what is due.
    index("schedules_next_run_at").on(table.nextRunAt).where(sql`${table.nextRunAt} is not null`),
  ],
).enableRLS();

/** Why no job could be submitted. `errors` point into what was submitted: `/input/text`. */
export type ScheduleError = {
  code: string;
  detail: string;
  errors: { pointer: string; message: string }[];
  /** The occurrence that was refused, and when: ISO 8601. */
  occurrence: string;
  at: string;
};
