import { sql } from "drizzle-orm";
import { check, index, integer, numeric, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { freeText, json, time } from "../columns.ts";

/** What a tenant wants written. A generation job may name one. */
export const topics = pgTable(
  "topics",
  {
    id: uuid("id").primaryKey(),
    tenant: text("tenant").notNull().default("local"),
    topicTitle: freeText("topic_title").notNull(),
    keywords: json<string[]>("keywords").notNull().default(sql`'[]'::jsonb`),
    searchVolume: integer("search_volume"),
    competitionScore: numeric("competition_score", { precision: 3, scale: 2 }),
    priorityScore: numeric("priority_score"),
    status: text("status").notNull().default("pending"),
    contentTemplate: freeText("content_template"),
    stylePreferences: json<Record<string, unknown>>("style_preferences").notNull().default(sql`'{}'::jsonb`),
    createdAt: time("created_at").notNull().defaultNow(),
    usedAt: time("used_at"),
  },
  (table) => [
    check("topics_status_known", sql`${table.status} in ('pending', 'in_progress', 'completed', 'rejected')`),
    // Lists the topics of a tenant, newest first.
    index("topics_tenant_created_at").on(table.tenant, table.createdAt.desc()),
  ],
).enableRLS();
