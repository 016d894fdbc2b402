import { asc, isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { apiKeys } from "../db/schema/index.ts";
import { newKey } from "./key.ts";
import type { Scope } from "./scopes.ts";

/** A key as the shell lists it. */
export type ListedKey = Omit<typeof apiKeys.$inferSelect, "secretHash">;

/** Makes a key for a tenant. Returns it in full, which it is never again. */
export async function createKey(db: Db, tenant: string, scopes: readonly Scope[]): Promise<string> {
  const { text, id, secretHash } = newKey();
  await db.insert(apiKeys).values({ id, tenant, scopes: [...scopes], secretHash });
  return text;
}

/** All keys, oldest first, those that were revoked too. */
export async function listKeys(db: Db): Promise<ListedKey[]> {
  const { id, tenant, scopes, createdAt, lastUsedAt, revokedAt } = apiKeys;
  return await db
    .select({ id, tenant, scopes, createdAt, lastUsedAt, revokedAt })
    .from(apiKeys)
    .orderBy(asc(createdAt), asc(id));
}

/** Revokes a key for good: all processes refuse it a second later. False if there is no such key, or it was revoked before. */
export async function revokeKey(db: Db, id: string): Promise<boolean> {
  const revoked = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(sql`${apiKeys.id} = ${id} and ${isNull(apiKeys.revokedAt)}`)
    .returning({ id: apiKeys.id });
  return revoked.length > 0;
}
