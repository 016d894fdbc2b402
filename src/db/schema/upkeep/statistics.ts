import { bigint, index, numeric, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { json, time, usd } from "../columns.ts";

const count = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

/** How many times were in a bucket, by its number. */
export type Histogram = Record<string, number>;

/** Whose rows count, of when: a minute, an hour and a day (UTC) each have their own. `tenant` "": of all together. */
const place = () => ({
  tenant: text("tenant").notNull(),
  span: text("span").$type<"minute" | "hour" | "day">().notNull(),
  /** When it begins. */
  start: time("start").notNull(),
  /** Of jobs. "" for a call whose job was gone before it was counted. */
  type: text("type").notNull(),
});

/**
 * What jobs came to, as `upkeep/roll-up.ts` counts it until `generation_job_roll_up`; it stays when they are removed. What
 * a job is counted for stands in the functions `generation_job_as_created` and `generation_job_as_ended`, by measure:
 *
 * - `created`: jobs, at their submission. All else is counted at a job's end.
 * - `completed`, `failed`, `cancelled`: jobs; their cost. Failed ones by phase and error code.
 * - `processing_seconds`, `wait_seconds`: jobs; from start to completion, and from submission to start.
 * - `phase_seconds`: phases; of the attempt that finished them.
 * - `retries`: attempts of a phase after its first.
 */
export const generationJobCounts = pgTable(
  "generation_job_counts",
  {
    ...place(),
    phase: text("phase").notNull(),
    measure: text("measure").notNull(),
    /** Of failed jobs. */
    code: text("code").notNull(),
    count: count("count"),
    /** USD or seconds, all together. */
    amount: numeric("amount").notNull().default("0"),
    /** How many of the counted have an unknown cost. */
    unpriced: count("unpriced"),
    /** Of seconds: how many were in each bucket, by the function `histogram_bucket`. */
    histogram: json<Histogram>("histogram"),
  },
  (table) => [
    primaryKey({
      name: "generation_job_counts_pkey",
      columns: [table.tenant, table.span, table.start, table.type, table.phase, table.measure, table.code],
    }),
    // Removes what is past its time.
    index("generation_job_counts_start").on(table.span, table.start),
  ],
).enableRLS();

/** What calls to models came to, each counted at its end. */
export const providerCallCounts = pgTable(
  "provider_call_counts",
  {
    ...place(),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    calls: count("calls"),
    /** Of these, those without an answer: failed or cancelled. */
    unanswered: count("unanswered"),
    /** Of these, those whose cost is unknown. */
    unpriced: count("unpriced"),
    inputTokens: count("input_tokens"),
    cachedInputTokens: count("cached_input_tokens"),
    outputTokens: count("output_tokens"),
    cost: usd("cost").notNull().default("0"),
  },
  (table) => [
    primaryKey({
      name: "provider_call_counts_pkey",
      columns: [table.tenant, table.span, table.start, table.type, table.provider, table.model],
    }),
    index("provider_call_counts_start").on(table.span, table.start),
  ],
).enableRLS();
