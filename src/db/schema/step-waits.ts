import { pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { freeText, time } from "./columns.ts";

/**
 * Since when a step has waited for its model without an answer: its patience is counted from there. Goes with the job by
 * the trigger `generation_records_follow_job`.
 */
export const stepWaits = pgTable(
  "step_waits",
  {
    jobId: text("job_id").notNull(),
    phase: text("phase").notNull(),
    step: freeText("step").notNull(),
    since: time("since").notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: "step_waits_pkey", columns: [table.jobId, table.phase, table.step] })],
).enableRLS();
