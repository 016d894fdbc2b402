import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { freeText, time } from "../columns.ts";

/**
 * Jobs that were submitted together. The trigger `batches_follow_generation_jobs` counts those that are not finished, in
 * the statement that finishes them; a batch goes with its last job.
 */
export const batches = pgTable(
  "batches",
  {
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    tags: freeText("tags").array().notNull().default([]),
    /** How many jobs were submitted. */
    jobCount: integer("job_count").notNull(),
    /** How many of them are not finished. */
    live: integer("live").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    /** When all of them were finished for the first time: a batch completes once. */
    completedAt: time("completed_at"),
    idempotencyKey: text("idempotency_key"),
    requestHash: text("request_hash"),
  },
  (table) => [
    check("batches_live_in_range", sql`${table.live} between 0 and ${table.jobCount}`),
    index("batches_tenant_id").on(table.tenant, table.id.desc()),
    uniqueIndex("batches_idempotency_key")
      .on(table.tenant, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
  ],
).enableRLS();
