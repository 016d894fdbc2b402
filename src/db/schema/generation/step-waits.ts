import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { freeText, time } from "../columns.ts";

/**
 * Since when a call of a step has waited for a model without an answer: its patience is counted from there. Goes when the
 * call is answered, and with the job by the trigger `generation_records_follow_job`.
 */
export const stepWaits = pgTable(
  "step_waits",
  {
    jobId: text("job_id").notNull(),
    phase: text("phase").notNull(),
    step: freeText("step").notNull(),
    /** Its number among the step's calls, from 1. */
    call: integer("call").notNull(),
    since: time("since").notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: "step_waits_pkey", columns: [table.jobId, table.phase, table.step, table.call] })],
).enableRLS();
