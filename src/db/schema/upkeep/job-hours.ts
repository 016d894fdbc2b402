import { sql } from "drizzle-orm";
import { boolean, check, doublePrecision, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { time } from "../columns.ts";

/** How many of the jobs that are kept were created, and how many ended, in each hour that was rolled up. */
export const generationJobHours = pgTable(
  "generation_job_hours",
  {
    /** When it begins. */
    hour: time("hour").notNull(),
    tenant: text("tenant").notNull(),
    type: text("type").notNull(),
    created: integer("created").notNull().default(0),
    completed: integer("completed").notNull().default(0),
    failed: integer("failed").notNull().default(0),
    cancelled: integer("cancelled").notNull().default(0),
    /** From start to end, of those that completed, all together. */
    processingSeconds: doublePrecision("processing_seconds").notNull().default(0),
  },
  (table) => [primaryKey({ name: "generation_job_hours_pkey", columns: [table.hour, table.tenant, table.type] })],
).enableRLS();

/** Its one row says until when the hours hold everything. `upkeep/roll-up.ts` moves it on. */
export const generationJobRollUp = pgTable(
  "generation_job_roll_up",
  {
    isOnly: boolean("is_only").primaryKey().default(true),
    until: time("until").notNull().default(sql`'-infinity'`),
  },
  (table) => [check("generation_job_roll_up_is_one_row", sql`${table.isOnly}`)],
).enableRLS();
