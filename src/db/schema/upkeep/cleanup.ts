import { sql } from "drizzle-orm";
import { bigint, boolean, check, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { json, time } from "../columns.ts";

/** For how many days each class of rows is kept. Null: as long as the job that it belongs to. */
export type Retention = {
  /** Finished jobs, with all that belongs to them. */
  jobs: number;
  /** What was streamed of a finished job. */
  text: number;
  /** The history of a finished job, but its last event. */
  events: number | null;
  /** The steps of a completed job. One that can be resumed keeps its own. */
  steps: number | null;
  /** The ledger's calls of jobs that were removed. */
  calls: number;
  /** The ids of jobs that were removed, which answer 410 for so long. */
  removedIds: number;
};

/** How many rows of each class were removed. `workers`: of processes that have ended. */
export type Removed = Record<"jobs" | "events" | "text" | "steps" | "calls" | "removedIds" | "workers", number>;

/** One row for each run of the cleanup, written on with each of its batches: what a crash cuts off is in it. */
export const cleanupRuns = pgTable(
  "cleanup_runs",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    cause: text("cause").$type<"schedule" | "hand" | "sql">().notNull(),
    startedAt: time("started_at").notNull().defaultNow(),
    /** The last batch. */
    seenAt: time("seen_at").notNull().defaultNow(),
    /** Null while it runs, and if it was cut off. */
    finishedAt: time("finished_at"),
    /** Why it ended before its end. */
    failure: text("failure"),
    retention: json<Retention>("retention").notNull(),
    removed: json<Removed>("removed").notNull(),
    /** What the removed rows took, without their indexes. Their room is used again, and files do not shrink. */
    bytes: bigint("bytes", { mode: "number" }).notNull().default(0),
  },
  (table) => [check("cleanup_runs_cause_known", sql`${table.cause} in ('schedule', 'hand', 'sql')`)],
).enableRLS();

/** Its one row says when the next run of the schedule is due, and what the last one kept. */
export const cleanupSchedule = pgTable(
  "cleanup_schedule",
  {
    isOnly: boolean("is_only").primaryKey().default(true),
    /** A few minutes ahead while a run is under way: then another process goes on with what it left. */
    nextDueAt: time("next_due_at").notNull(),
    retention: json<Retention>("retention").notNull(),
  },
  (table) => [check("cleanup_schedule_is_one_row", sql`${table.isOnly}`)],
).enableRLS();

/** Up to which finished job a class was pruned, in the order in which jobs finished. */
export const cleanupMarks = pgTable(
  "cleanup_marks",
  {
    class: text("class").$type<"text" | "events" | "steps">().notNull(),
    completedAt: time("completed_at").notNull().default(sql`'-infinity'`),
    jobId: text("job_id").notNull().default(""),
  },
  (table) => [primaryKey({ name: "cleanup_marks_pkey", columns: [table.class] })],
).enableRLS();
