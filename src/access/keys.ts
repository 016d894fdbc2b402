import { asc, getTableColumns, isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { apiKeys } from "../db/schema/index.ts";
import { isKeyId, newKey } from "./key.ts";
import type { Scope } from "./scopes.ts";

/** A key as lists show it. */
export type ListedKey = Omit<typeof apiKeys.$inferSelect, "secretHash">;

const { secretHash: _, ...shown } = getTableColumns(apiKeys);

/** Makes a key for a tenant. Returns it in full, which it is never again. */
export async function createKey(db: Db, tenant: string, scopes: readonly Scope[]): Promise<string> {
  return (await makeKey(db, tenant, scopes)).key;
}

/** As `createKey`, with the row that lists show of it. */
export async function makeKey(
  db: Db,
  tenant: string,
  scopes: readonly Scope[],
): Promise<ListedKey & { key: string }> {
  const { text: key, id, secretHash } = newKey();
  const [row] = await db
    .insert(apiKeys)
    .values({ id, tenant, scopes: [...scopes], secretHash })
    .returning(shown);
  return { ...(row as ListedKey), key };
}

/** All keys, oldest first, those that were revoked too. */
export async function listKeys(db: Db): Promise<ListedKey[]> {
  return await db.select(shown).from(apiKeys).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id));
}

/** Revokes a key for good: all processes refuse it a second later. False if there is no such key, or it was revoked before. */
export async function revokeKey(db: Db, id: string): Promise<boolean> {
  // PostgreSQL takes not every text that an address can hold.
  if (!isKeyId(id)) return false;
  const revoked = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(sql`${apiKeys.id} = ${id} and ${isNull(apiKeys.revokedAt)}`)
    .returning({ id: apiKeys.id });
  return revoked.length > 0;
}
