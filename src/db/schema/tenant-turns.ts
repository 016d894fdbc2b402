import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

/** In each queue of a first phase, for each priority there: the place of a tenant's last job, as `queue/turns.ts` counts. */
export const tenantTurns = pgTable(
  "tenant_turns",
  {
    queue: text("queue").notNull(),
    priority: integer("priority").notNull(),
    tenant: text("tenant").notNull(),
    /** Where its last jobs began, and where its next one begins. */
    start: integer("start").notNull(),
    finish: integer("finish").notNull(),
  },
  (table) => [primaryKey({ name: "tenant_turns_pkey", columns: [table.queue, table.priority, table.tenant] })],
).enableRLS();
