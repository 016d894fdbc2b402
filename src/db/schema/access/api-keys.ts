import { sql } from "drizzle-orm";
import { check, integer, pgTable, text } from "drizzle-orm/pg-core";
import { time } from "../columns.ts";

/** Who may use the API. A revoked key stays: lists show it, and without any key a loopback service would be open. */
export const apiKeys = pgTable(
  "api_keys",
  {
    /** The part of the key that is no secret. */
    id: text("id").primaryKey(),
    tenant: text("tenant").notNull(),
    scopes: text("scopes").array().notNull(),
    /** SHA-256 of the secret, in hex. The secret itself is kept nowhere. */
    secretHash: text("secret_hash").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    /** To the minute. */
    lastUsedAt: time("last_used_at"),
    revokedAt: time("revoked_at"),
  },
  (table) => [
    check("api_keys_tenant_not_empty", sql`${table.tenant} <> ''`),
    check("api_keys_secret_hash_sha256", sql`${table.secretHash} ~ '^[0-9a-f]{64}$'`),
  ],
).enableRLS();

/** How many requests of a key's minute all processes together have taken for themselves. */
export const apiKeyMinutes = pgTable("api_key_minutes", {
  keyId: text("key_id")
    .primaryKey()
    .references(() => apiKeys.id, { onDelete: "cascade" }),
  /** When the minute began, by the database's clock. */
  minute: time("minute").notNull(),
  taken: integer("taken").notNull(),
}).enableRLS();

/**
 * What all processes sign browser tokens with, and make the secrets of webhooks of: one row. Without it the tokens of before
 * are refused, and webhooks have new secrets.
 */
export const tokenSecret = pgTable(
  "token_secret",
  { id: integer("id").primaryKey().default(1), secret: text("secret").notNull() },
  (table) => [check("token_secret_single_row", sql`${table.id} = 1`)],
).enableRLS();
