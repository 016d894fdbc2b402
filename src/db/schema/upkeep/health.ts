import { bigint, date, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { time } from "../columns.ts";

/** How large each table was, with its indexes: looked at once a day (UTC), from which growth is told. */
export const databaseSizes = pgTable(
  "database_sizes",
  {
    day: date("day").notNull(),
    /** With its schema. */
    name: text("name").notNull(),
    at: time("at").notNull().defaultNow(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ name: "database_sizes_pkey", columns: [table.day, table.name] })],
).enableRLS();

/** How many disagreements between mirror and queue were repaired on a day (UTC), by the names in `upkeep/reconciler.ts`. */
export const driftRepairs = pgTable(
  "drift_repairs",
  {
    day: date("day").notNull(),
    repair: text("repair").notNull(),
    count: integer("count").notNull(),
    latestAt: time("latest_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: "drift_repairs_pkey", columns: [table.day, table.repair] })],
).enableRLS();
