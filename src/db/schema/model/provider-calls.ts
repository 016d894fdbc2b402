import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { freeText, json, time, usd } from "../columns.ts";

/** A provider's own words, for the operator: never for a consumer, whose words are the catalogue's. */
export type Refusal = {
  status: number | null;
  code: string | number | null;
  type: string | null;
  param: string | null;
  message: string;
};

/** The ledger: one row for each HTTP call to a model, written before the call. Outlives the job. */
export const providerCalls = pgTable(
  "provider_calls",
  {
    id: uuid("id").primaryKey(),
    /** Not a foreign key: the ledger stays when retention removes the job. */
    jobId: text("job_id").notNull(),
    tenant: text("tenant").notNull(),
    phase: text("phase").notNull(),
    step: freeText("step").notNull(),
    attempt: integer("attempt").notNull(),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    servedModel: text("served_model"),
    /** The service tier that the provider says it served: the price depends on it. */
    servedTier: text("served_tier"),
    /** `started` until the call's end is written; a row left so by a crash counts with what it reserved. */
    state: text("state").$type<"started" | "succeeded" | "failed" | "cancelled">().notNull().default("started"),
    reservedCost: usd("reserved_cost"),
    /** Null: the price is not known. */
    cost: usd("cost"),
    /** The provider never reported the usage: it was counted here. */
    estimated: boolean("estimated").notNull().default(false),
    inputTokens: integer("input_tokens").notNull().default(0),
    cachedInputTokens: integer("cached_input_tokens").notNull().default(0),
    cacheWriteTokens: integer("cache_write_tokens").notNull().default(0),
    outputTokens: integer("output_tokens").notNull().default(0),
    errorCode: text("error_code"),
    providerRequestId: text("provider_request_id"),
    /** The provider's own words for a call that failed, without what they quote of the prompt. For the operator. */
    refusal: json<Refusal>("refusal"),
    /** The provider itself named the cost. */
    costStated: boolean("cost_stated").notNull().default(false),
    startedAt: time("started_at").notNull().defaultNow(),
    finishedAt: time("finished_at"),
  },
  (table) => [
    check("provider_calls_state_known", sql`${table.state} in ('started', 'succeeded', 'failed', 'cancelled')`),
    check("provider_calls_finished_has_time", sql`(${table.state} = 'started') = (${table.finishedAt} is null)`),
    check("provider_calls_cost_not_negative", sql`${table.cost} >= 0 and ${table.reservedCost} >= 0`),
    // Sums a job's calls.
    index("provider_calls_job_id").on(table.jobId),
    // Finds the calls whose end was never reported.
    index("provider_calls_started").on(table.jobId).where(sql`${table.state} = 'started'`),
    // Counts what has ended since the last roll-up.
    index("provider_calls_finished_at").on(table.finishedAt),
    // Sums a tenant's day.
    index("provider_calls_tenant_started_at").on(table.tenant, table.startedAt),
  ],
).enableRLS();
