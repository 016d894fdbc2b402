import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { time } from "../columns.ts";

/** Models that must not be called now, as all workers see it. A row goes when a call has been accepted again. */
export const providerGates = pgTable(
  "provider_gates",
  {
    provider: text("provider").notNull(),
    /** `*`: every model of the provider, since the trouble is with the account. */
    model: text("model").notNull(),
    /** Why, as a code of job errors. */
    code: text("code").notNull(),
    /** Until then no worker calls. */
    closedUntil: time("closed_until").notNull(),
    /** After that one call tries; until this moment the others wait for what it finds. */
    trialUntil: time("trial_until"),
    /** When the first of these refusals came. */
    since: time("since").notNull().defaultNow(),
    /** Refusals in a row. */
    refusals: integer("refusals").notNull().default(1),
  },
  (table) => [primaryKey({ name: "provider_gates_pkey", columns: [table.provider, table.model] })],
).enableRLS();
