import { sql } from "drizzle-orm";
import { check, pgTable, text } from "drizzle-orm/pg-core";
import { time, usd } from "./columns.ts";

/** What is set for a tenant. One without a row has no limits. */
export const tenants = pgTable(
  "tenants",
  {
    id: text("id").primaryKey(),
    /** USD from one midnight UTC to the next. Null: no limit. */
    dailyBudgetUsd: usd("daily_budget_usd"),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (table) => [check("tenants_daily_budget_not_negative", sql`${table.dailyBudgetUsd} >= 0`)],
).enableRLS();
