import { sql } from "drizzle-orm";
import { check, date, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { time, usd } from "../columns.ts";

/** What is set for a tenant. One without a row has no limits. */
export const tenants = pgTable(
  "tenants",
  {
    id: text("id").primaryKey(),
    /** USD from one midnight UTC to the next. Null: no limit. */
    dailyBudgetUsd: usd("daily_budget_usd"),
    /** With a budget: the day, in UTC, and what its calls have cost or reserved so far, all together. */
    usedDay: date("used_day"),
    usedUsd: usd("used_usd").notNull().default("0"),
    /** Turns for the one of a tenant with the weight 1. */
    weight: integer("weight").notNull().default(1),
    /** Jobs that may be under way at once, in all workers together. Null: no limit. */
    maxRunning: integer("max_running"),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (table) => [
    check("tenants_daily_budget_not_negative", sql`${table.dailyBudgetUsd} >= 0`),
    check("tenants_weight_in_range", sql`${table.weight} between 1 and 100`),
    check("tenants_max_running_not_negative", sql`${table.maxRunning} >= 0`),
  ],
).enableRLS();

/** In each queue of a first phase, for each priority there: the place of a tenant's last job, as `queue/turns/turns.ts` counts. */
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
