import type { Db } from "../db/client.ts";
import { queryWith, statement } from "../db/commit/statement.ts";
import { fits, type NewKey, type ShownKey } from "./key.ts";
import { type Scope, scopes } from "./scopes.ts";

/** Who a key stands for. `keyId` null: the process's own key, which has no row. */
export type Holder = { keyId: string | null; tenant: string; scopes: readonly Scope[] };

/** The keys as this process knows them. What it knows is a second old at most; it rejects while it cannot be known. */
export type KeyRing = {
  /** Whether any key was ever made, be it revoked since. */
  hasKeys(): Promise<boolean>;
  /** The holder of a key. Null if there is no such key, its secret is another one, or it was revoked. */
  holderOf(key: ShownKey): Promise<Holder | null>;
  /** The holder of a key by its id alone, for what was signed on its behalf. */
  holderWithId(keyId: string): Promise<Holder | null>;
  /** Which of these keys were revoked, as the database says now. */
  findRevoked(keyIds: readonly string[]): Promise<string[]>;
  /** Whether a key of this id was there when it was last asked for. */
  knows(keyId: string): boolean;
};

type KeyRow = Holder & { secretHash: string; usedSecondsAgo: number | null };
type Look = { at: number; row: Promise<KeyRow | null> };

const knownForMilliseconds = 1_000;
const useNotedEverySeconds = 60;
// For a key that is not there, so that the answer takes as long as for one that is.
const noHash = "0".repeat(64);

/** `ownKey`: a key of this process's own, which no other knows, for the tenant `local`. */
export function createKeyRing(db: Db, ownKey?: NewKey): KeyRing {
  const query = queryWith(db.$client, db.$client.session);
  const looks = new Map<string, Look>();
  let anyKey: { at: number; found: Promise<boolean> } | undefined;
  if (ownKey) looks.set(ownKey.id, { at: Number.POSITIVE_INFINITY, row: Promise.resolve(ownRow(ownKey)) });

  async function findRow(keyId: string): Promise<KeyRow | null> {
    const known = looks.get(keyId);
    if (known && performance.now() - known.at < knownForMilliseconds) return await known.row;
    const look = { at: performance.now(), row: read(keyId) };
    looks.set(keyId, look);
    const row = await look.row.catch((error: unknown) => {
      forget(keyId, look);
      throw error;
    });
    // Only keys that exist are remembered: a stranger can make up any number of others.
    if (!row) forget(keyId, look);
    return row;
  }

  function forget(keyId: string, look: Look): void {
    if (looks.get(keyId) === look) looks.delete(keyId);
  }

  async function read(keyId: string): Promise<KeyRow | null> {
    const [row] = await query<KeyRow>(byId, [keyId]);
    return row ?? null;
  }

  // Beside the request, which does not wait for it. What cannot be written now is noted with a later use.
  function noteUse(row: KeyRow): Holder {
    if (row.usedSecondsAgo === null || row.usedSecondsAgo > useNotedEverySeconds) {
      row.usedSecondsAgo = 0;
      query(used, [row.keyId, useNotedEverySeconds]).catch(() => undefined);
    }
    return row;
  }

  return {
    async hasKeys() {
      // A key that was made is never taken away, so this is looked for only until one is found.
      if (anyKey && performance.now() - anyKey.at < knownForMilliseconds) return await anyKey.found;
      const look = { at: performance.now(), found: query(any, []).then(({ length }) => length > 0) };
      anyKey = look;
      try {
        if (await look.found) look.at = Number.POSITIVE_INFINITY;
      } catch (error) {
        if (anyKey === look) anyKey = undefined;
        throw error;
      }
      return await look.found;
    },
    async holderOf({ id, secret }) {
      const row = await findRow(id);
      return fits(secret, row?.secretHash ?? noHash) && row ? noteUse(row) : null;
    },
    async holderWithId(keyId) {
      const row = await findRow(keyId);
      return row && noteUse(row);
    },
    async findRevoked(keyIds) {
      const inForce = new Set((await query<{ id: string }>(amongThese, [keyIds])).map(({ id }) => id));
      const revoked = keyIds.filter((id) => !inForce.has(id));
      // A client whose stream has ended for it comes back at once.
      for (const id of revoked) looks.delete(id);
      return revoked;
    },
    knows: (keyId) => looks.has(keyId),
  };
}

const ownRow = ({ secretHash }: NewKey): KeyRow => ({
  keyId: null,
  tenant: "local",
  scopes,
  secretHash,
  usedSecondsAgo: 0,
});

const any = statement("select from api_keys limit 1");
const byId = statement(`
  select id as "keyId", tenant, scopes, secret_hash as "secretHash",
    extract(epoch from now() - last_used_at)::float8 as "usedSecondsAgo"
  from api_keys where id = $1 and revoked_at is null`);
const amongThese = statement("select id from api_keys where id = any($1::text[]) and revoked_at is null");
const used = statement(`
  update api_keys set last_used_at = now()
  where id = $1 and (last_used_at is null or last_used_at < now() - make_interval(secs => $2))`);
