import { z } from "zod";
import type { Sealer } from "../../access/sealer.ts";

/** What an app of the shop's owner signs in with. The first kind is exchanged for tokens that last a day. */
export type Credentials = { clientId: string; clientSecret: string } | { accessToken: string };

const Kept = z.union([
  z.strictObject({ clientId: z.string(), clientSecret: z.string() }),
  z.strictObject({ accessToken: z.string() }),
]);

export const kindOf = (credentials: Credentials) =>
  "accessToken" in credentials ? ("access_token" as const) : ("client_credentials" as const);

/** A shop's row, as far as it says whose secrets they are. */
type Owner = { id: string; tenant: string };

// A sealed token cannot pass for credentials, nor those of one row or tenant for another's.
const about = ({ id, tenant }: Owner, what: string) => JSON.stringify([what, id, tenant]);

export const sealCredentials = (sealer: Sealer, shop: Owner, credentials: Credentials): string =>
  sealer.seal(JSON.stringify(credentials), about(shop, "credentials"));

export const openCredentials = (sealer: Sealer, shop: Owner & { credentials: string }): Credentials =>
  Kept.parse(JSON.parse(sealer.open(shop.credentials, about(shop, "credentials"))));

export const sealToken = (sealer: Sealer, shop: Owner, token: string): string =>
  sealer.seal(token, about(shop, "token"));

export const openToken = (sealer: Sealer, shop: Owner, sealed: string): string =>
  sealer.open(sealed, about(shop, "token"));
