import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, numeric, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** What a tenant wants written. A generation job may name one. */
export const topics = pgTable(
  "topics",
  {
    id: uuid("id").primaryKey(),
    tenant: text("tenant").notNull().default("local"),
    topicTitle: text("topic_title").notNull(),
    keywords: jsonb("keywords").$type<string[]>().notNull().default([]),
    searchVolume: integer("search_volume"),
    competitionScore: numeric("competition_score", { precision: 3, scale: 2 }),
    priorityScore: numeric("priority_score"),
    status: text("status").notNull().default("pending"),
    contentTemplate: text("content_template"),
    stylePreferences: jsonb("style_preferences").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    usedAt: timestamp("used_at", { withTimezone: true }),
  },
  (table) => [
    check("topics_status_known", sql`${table.status} in ('pending', 'in_progress', 'completed', 'rejected')`),
    // Lists the topics of a tenant, newest first.
    index("topics_tenant_created_at").on(table.tenant, table.createdAt.desc()),
  ],
);
