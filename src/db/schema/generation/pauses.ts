import { sql } from "drizzle-orm";
import { check, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { freeText, time } from "../columns.ts";

/** What an operator has paused: no phase of it begins, and phases that run go on. */
export const pauses = pgTable(
  "pauses",
  {
    scope: text("scope").$type<"all" | "type" | "tenant">().notNull(),
    /** Of the type or tenant; empty for all. */
    name: text("name").notNull().default(""),
    reason: freeText("reason"),
    since: time("since").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "pauses_pkey", columns: [table.scope, table.name] }),
    check("pauses_scope_known", sql`${table.scope} in ('all', 'type', 'tenant')`),
    check("pauses_all_has_no_name", sql`(${table.scope} = 'all') = (${table.name} = '')`),
  ],
).enableRLS();
