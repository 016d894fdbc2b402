import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { freeText, json, time } from "../columns.ts";
import { topics } from "./topics.ts";

/** What the `article` type keeps. Articles outlive the jobs that wrote them. */
export const articles = pgTable(
  "articles",
  {
    id: uuid("id").primaryKey(),
    tenant: text("tenant").notNull().default("local"),
    /** Not a foreign key: the article stays when retention removes its job. Unique: one article per job. */
    jobId: text("job_id"),
    title: freeText("title").notNull(),
    /** Markdown. */
    content: freeText("content").notNull().default(""),
    summary: freeText("summary"),
    metaTitle: freeText("meta_title"),
    metaDescription: freeText("meta_description"),
    slug: text("slug").notNull(),
    status: text("status").notNull().default("draft"),
    /** Something in it must be verified by an editor before it is published. */
    needsReview: boolean("needs_review").notNull().default(false),
    tags: freeText("tags").array().notNull().default([]),
    targetKeywords: json<string[]>("target_keywords").notNull().default(sql`'[]'::jsonb`),
    shopifyBlogId: text("shopify_blog_id"),
    shopifyArticleId: text("shopify_article_id"),
    scheduledPublishDate: time("scheduled_publish_date"),
    seoScore: integer("seo_score"),
    wordCount: integer("word_count"),
    /** Minutes. */
    readingTime: integer("reading_time"),
    sourceTopicId: uuid("source_topic_id").references(() => topics.id, { onDelete: "set null" }),
    generationStartedAt: time("generation_started_at"),
    generationCompletedAt: time("generation_completed_at"),
    aiModelUsed: text("ai_model_used"),
    generationPromptVersion: text("generation_prompt_version"),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
    publishedAt: time("published_at"),
  },
  (table) => [
    check(
      "articles_status_known",
      sql`${table.status} in ('draft', 'generating', 'generation_failed', 'ready_for_editorial', 'published', 'published_hidden', 'published_visible')`,
    ),
    check("articles_seo_score_in_range", sql`${table.seoScore} between 0 and 100`),
    unique("articles_tenant_slug").on(table.tenant, table.slug),
    unique("articles_job_id").on(table.jobId),
    // Follows a deleted topic (on delete set null).
    index("articles_source_topic_id").on(table.sourceTopicId),
  ],
).enableRLS();
