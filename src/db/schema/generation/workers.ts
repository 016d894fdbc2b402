import { boolean, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { time } from "../columns.ts";

/** The processes that run phases, and which ones they know: what no living worker knows will never run. */
export const workers = pgTable(
  "workers",
  {
    id: uuid("id").primaryKey(),
    host: text("host").notNull(),
    pid: integer("pid").notNull(),
    /** Queue names, `<type>.<phase>`. */
    queues: text("queues").array().notNull(),
    startedAt: time("started_at").notNull().defaultNow(),
    seenAt: time("seen_at").notNull().defaultNow(),
    /** Its process holds the lock of its id for as long as it is connected: see `upkeep/dead-workers.ts`. */
    holdsLock: boolean("holds_lock").notNull().default(false),
    /** When it stopped, or another worker found the lock free and handed its claims on. */
    goneAt: time("gone_at"),
  },
  // Finds who was seen lately.
  (table) => [index("workers_seen_at").on(table.seenAt)],
).enableRLS();
