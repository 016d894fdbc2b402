import { sql } from "drizzle-orm";
import { boolean, check, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { freeText, time } from "../columns.ts";
import { articles } from "./articles.ts";

/** The shops in which a tenant publishes. Secrets are sealed with SECRETS_KEY, for this row's id and tenant. */
export const shops = pgTable(
  "shops",
  {
    id: uuid("id").primaryKey(),
    tenant: text("tenant").notNull(),
    /** `x.myshopify.com`. */
    domain: text("domain").notNull(),
    kind: text("kind").$type<"client_credentials" | "access_token">().notNull(),
    /** Sealed: the id and secret of an app, or the token of one. */
    credentials: text("credentials").notNull(),
    /** Sealed: the token that the app's credentials were last exchanged for. */
    token: text("token"),
    tokenExpiresAt: time("token_expires_at"),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (table) => [
    check("shops_kind_known", sql`${table.kind} in ('client_credentials', 'access_token')`),
    // Nothing that is kept here can send a request to another host.
    check(
      "shops_domain_of_shopify",
      sql`${table.domain} ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.myshopify\\.com$'`,
    ),
    check("shops_token_expires", sql`(${table.token} is null) = (${table.tokenExpiresAt} is null)`),
    unique("shops_tenant_domain").on(table.tenant, table.domain),
  ],
).enableRLS();

/** Where an article is: one row for each blog. It stays when the shop is no longer the tenant's. */
export const publications = pgTable(
  "publications",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    tenant: text("tenant").notNull(),
    articleId: uuid("article_id")
      .notNull()
      .references(() => articles.id, { onDelete: "cascade" }),
    /** Its domain. */
    shop: text("shop").notNull(),
    /** Digits. */
    blogId: text("blog_id").notNull(),
    /** The job that asked for it first. The article in the shop bears it, and is found again by it. */
    jobId: text("job_id").notNull(),
    /** The article's in the shop: the last part of its address. */
    handle: freeText("handle").notNull(),
    state: text("state").$type<"creating" | "draft" | "live">().notNull().default("creating"),
    /** `gid://shopify/Article/…`, once it is known. */
    shopifyId: text("shopify_id"),
    /** The shop was asked to create it, and the answer is not known. */
    askedAt: time("asked_at"),
    /** Since then the shop is searched in vain: its index may lag. */
    missedAt: time("missed_at"),
    /** The shop said that another article, or this one, has the handle. */
    isTaken: boolean("is_taken").notNull().default(false),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (table) => [
    check("publications_state_known", sql`${table.state} in ('creating', 'draft', 'live')`),
    check("publications_created_has_id", sql`(${table.state} = 'creating') = (${table.shopifyId} is null)`),
    // Also finds where an article is, and what goes with one.
    unique("publications_article_blog").on(table.articleId, table.shop, table.blogId),
  ],
).enableRLS();
