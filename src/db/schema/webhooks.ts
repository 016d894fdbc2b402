import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { json, time } from "./columns.ts";

/** Where a tenant wants to hear of its jobs and batches. */
export const webhookEndpoints = pgTable(
  "webhook_endpoints",
  {
    id: uuid("id").primaryKey(),
    tenant: text("tenant").notNull(),
    url: text("url").notNull(),
    /** Types of the events that are sent there. */
    events: text("events").array().notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (table) => [
    // Asked by the triggers for each job that ends.
    index("webhook_endpoints_tenant").on(table.tenant),
  ],
).enableRLS();

/**
 * One event for one receiver. The triggers `webhook_deliveries_follow_generation_jobs` and `_batches` write it, in the
 * statement that ends the job or completes the batch; it goes with its job or batch.
 */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    /** The `webhook-id` of each try. */
    id: uuid("id").primaryKey().defaultRandom(),
    tenant: text("tenant").notNull(),
    /** Null for the job's own `webhookUrl`. No foreign key: the log outlives the endpoint. */
    endpointId: uuid("endpoint_id"),
    url: text("url").notNull(),
    type: text("type").notNull(),
    jobId: text("job_id"),
    batchId: text("batch_id"),
    /** What is sent, from when it is queued. */
    payload: json<unknown>("payload"),
    /** The queue job that stands for it. Null until it is queued. */
    queueJobId: uuid("queue_job_id"),
    state: text("state").$type<"pending" | "delivered" | "failed">().notNull().default("pending"),
    /** Tries that have ended. */
    attempts: integer("attempts").notNull().default(0),
    /** HTTP status and error of the latest try, as far as it came. */
    lastStatus: integer("last_status"),
    lastError: text("last_error"),
    createdAt: time("created_at").notNull().defaultNow(),
    nextAttemptAt: time("next_attempt_at"),
    deliveredAt: time("delivered_at"),
  },
  (table) => [
    check("webhook_deliveries_state_known", sql`${table.state} in ('pending', 'delivered', 'failed')`),
    check("webhook_deliveries_one_subject", sql`(${table.jobId} is null) <> (${table.batchId} is null)`),
    check(
      "webhook_deliveries_delivered_has_time",
      sql`(${table.state} = 'delivered') <= (${table.deliveredAt} is not null)`,
    ),
    check("webhook_deliveries_queued_has_payload", sql`(${table.queueJobId} is null) = (${table.payload} is null)`),
    // What is to be queued.
    index("webhook_deliveries_unqueued").on(table.createdAt).where(sql`${table.queueJobId} is null`),
    // The log of a job; what goes with a job or a batch.
    index("webhook_deliveries_job_id").on(table.jobId).where(sql`${table.jobId} is not null`),
    index("webhook_deliveries_batch_id").on(table.batchId).where(sql`${table.batchId} is not null`),
  ],
).enableRLS();
