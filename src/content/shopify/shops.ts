import { and, asc, eq, sql } from "drizzle-orm";
import type { Sealer } from "../../access/sealer.ts";
import type { Db, Tx } from "../../db/client.ts";
import { asTenant } from "../../db/rights/tenant-role.ts";
import { shops } from "../../db/schema/index.ts";
import { RequestError } from "../../errors.ts";
import { isUuid, newUuid } from "../../ids.ts";
import { type Credentials, kindOf, sealCredentials } from "./credentials.ts";

/** A shop as it may be shown. */
export type Shop = Pick<typeof shops.$inferSelect, "id" | "domain" | "kind" | "createdAt" | "updatedAt">;

/** The shops of tenants. What they sign in with is sealed at once, and never read here. Throws RequestError. */
export type Shops = {
  /** Whether the service has a key to seal credentials with. */
  canConnect: boolean;
  create(tenant: string, domain: string, credentials: Credentials): Promise<Shop>;
  /** By domain. */
  list(tenant: string): Promise<Shop[]>;
  /** Gives it other credentials. */
  change(tenant: string, id: string, credentials: Credentials): Promise<Shop>;
  /** What was published stays in the shop. */
  remove(tenant: string, id: string): Promise<void>;
};

const { id, domain, kind, createdAt, updatedAt } = shops;
const shown = { id, domain, kind, createdAt, updatedAt };

/** `sealer`: null without SECRETS_KEY; then no credentials are taken. */
export function createShops(db: Db, sealer: Sealer | null): Shops {
  const own = (tenant: string, shopId: string) => and(eq(shops.id, shopId), eq(shops.tenant, tenant));

  function sealed(shop: { id: string; tenant: string }, credentials: Credentials) {
    if (!sealer)
      throw new RequestError(
        "forbidden",
        "This service keeps no credentials: SECRETS_KEY, which they would be sealed with, is not set.",
      );
    return { kind: kindOf(credentials), credentials: sealCredentials(sealer, shop, credentials) };
  }

  return {
    canConnect: sealer !== null,

    async create(tenant, shopDomain, credentials) {
      const shop = { id: newUuid(), tenant, domain: shopDomain };
      const row = { ...shop, ...sealed(shop, credentials) };
      const [created] = await asTenant(db, tenant, ({ tx }) =>
        tx.insert(shops).values(row).onConflictDoNothing().returning(shown),
      );
      if (created) return created;
      const message = "this shop is there already: PATCH /v1/shops/{id} gives it other credentials";
      throw new RequestError("invalid_input", "The request is not valid.", {
        issues: [{ pointer: "/domain", message }],
      });
    },

    list: (tenant) =>
      asTenant(db, tenant, ({ tx }) =>
        tx.select(shown).from(shops).where(eq(shops.tenant, tenant)).orderBy(asc(shops.domain)),
      ),

    async change(tenant, shopId, credentials) {
      const fields = {
        ...sealed({ id: shopId, tenant }, credentials),
        token: null,
        tokenExpiresAt: null,
        updatedAt: sql`now()`,
      };
      const [changed] = isUuid(shopId)
        ? await asTenant(db, tenant, ({ tx }) =>
            tx.update(shops).set(fields).where(own(tenant, shopId)).returning(shown),
          )
        : [];
      if (!changed) throw noShop();
      return changed;
    },

    async remove(tenant, shopId) {
      const removed = isUuid(shopId)
        ? await asTenant(db, tenant, ({ tx }) => tx.delete(shops).where(own(tenant, shopId)).returning({ id }))
        : [];
      if (removed.length === 0) throw noShop();
    },
  };
}

const noShop = () => new RequestError("not_found", "There is no such shop.");

/** Whether the tenant has a shop of this domain. */
export async function hasShop(tx: Tx, tenant: string, shopDomain: string): Promise<boolean> {
  const own = and(eq(shops.tenant, tenant), eq(shops.domain, shopDomain));
  const [shop] = await tx.select({ id: shops.id }).from(shops).where(own);
  return shop !== undefined;
}
