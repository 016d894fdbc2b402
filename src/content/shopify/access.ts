import { and, eq } from "drizzle-orm";
import { SealError, type Sealer } from "../../access/sealer.ts";
import type { Db } from "../../db/client.ts";
import { patiently } from "../../db/commit/patience.ts";
import { shops } from "../../db/schema/index.ts";
import { PermanentError } from "../../errors.ts";
import { exchange, run } from "./admin-api.ts";
import { openCredentials, openToken, sealCredentials, sealToken } from "./credentials.ts";
import type { Operation } from "./operations.ts";
import { UnknownToken } from "./refusals.ts";

export type AccessParts = {
  db: Db;
  /** Null without SECRETS_KEY. */
  sealer: Sealer | null;
  /** Of a simulated shop in place of every one. */
  origin: string | undefined;
};

/** One of a tenant's shops, signed in to. */
export type Access = {
  /** A token that the shop refuses is exchanged for a new one, once. Throws JobError and WaitError. */
  run<Answer>(operation: Operation<Answer>, variables: object): Promise<Answer>;
};

type Row = typeof shops.$inferSelect;

// What is exchanged a little early does not expire on its way.
const marginMilliseconds = 5 * 60 * 1000;

/** Throws PermanentError if the tenant has no such shop, or its credentials cannot be opened. */
export async function openShop(
  { db, sealer, origin }: AccessParts,
  { tenant, domain, signal }: { tenant: string; domain: string; signal: AbortSignal },
): Promise<Access> {
  if (!sealer) throw new PermanentError("This service cannot open credentials of shops: SECRETS_KEY is not set.");
  const address = { domain, origin };
  const known = sealer;

  async function read(): Promise<Row> {
    const own = and(eq(shops.tenant, tenant), eq(shops.domain, domain));
    const [row] = await patiently(db, () => db.select().from(shops).where(own));
    if (row) return row;
    throw new PermanentError(`There is no shop ${domain} any more.`, { code: "permission_denied" });
  }

  async function tokenOf(row: Row): Promise<string> {
    const credentials = await fresh(row);
    if ("accessToken" in credentials) return credentials.accessToken;
    if (row.token && row.tokenExpiresAt && row.tokenExpiresAt.getTime() - marginMilliseconds > Date.now())
      return openToken(known, row, row.token);
    const { token, seconds } = await exchange(address, credentials, signal);
    const kept = { token: sealToken(known, row, token), tokenExpiresAt: new Date(Date.now() + seconds * 1000) };
    await change(row, kept);
    return token;
  }

  /** The credentials. If a former SECRETS_KEY has sealed them, they are sealed with the present one now. */
  async function fresh(row: Row) {
    const credentials = openCredentials(known, row);
    if (known.isStale(row.credentials)) {
      const anew = { credentials: sealCredentials(known, row, credentials), token: null, tokenExpiresAt: null };
      await change(row, anew);
      Object.assign(row, anew);
    }
    return credentials;
  }

  /** Changes nothing of a shop that was given other credentials meanwhile. */
  const change = (row: Row, fields: Partial<Row>) =>
    patiently(db, () =>
      db
        .update(shops)
        .set(fields)
        .where(and(eq(shops.id, row.id), eq(shops.credentials, row.credentials))),
    );

  async function token(refused: string | null): Promise<string> {
    const row = await read();
    try {
      const present = await tokenOf(row);
      // Another worker may have exchanged it already.
      if (present !== refused) return present;
      if (row.kind === "access_token") throw new UnknownToken();
      return await tokenOf({ ...row, token: null, tokenExpiresAt: null });
    } catch (error) {
      if (error instanceof UnknownToken) throw refusedCredentials(domain);
      if (error instanceof SealError)
        throw new PermanentError(`The credentials of ${domain} cannot be opened: ${error.message}`, {
          cause: error,
        });
      throw error;
    }
  }

  let current = await token(null);
  return {
    async run(operation, variables) {
      try {
        return await run(address, current, operation, variables, signal);
      } catch (error) {
        if (!(error instanceof UnknownToken)) throw error;
      }
      current = await token(current);
      try {
        return await run(address, current, operation, variables, signal);
      } catch (error) {
        throw error instanceof UnknownToken ? refusedCredentials(domain) : error;
      }
    },
  };
}

const refusedCredentials = (domain: string) =>
  new PermanentError(`${domain} refused the credentials that it was given here.`, { code: "invalid_api_key" });
