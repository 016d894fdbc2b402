import { Router } from "express";
import type { Credentials } from "../../../content/shopify/credentials.ts";
import type { Shop, Shops } from "../../../content/shopify/shops.ts";
import { reply, serve } from "../../api/serve.ts";
import * as specs from "../../api/specs/content/shops.ts";

/** A tenant's shops. */
export function shopRoutes(shops: Shops): Router {
  const router = Router();

  serve(router, specs.createShop, async ({ body: { domain, ...credentials }, tenant }) =>
    reply(201, viewShop(await shops.create(tenant, domain, credentialsOf(credentials)))),
  );

  serve(router, specs.listShops, async ({ tenant }) =>
    reply(200, { data: (await shops.list(tenant)).map(viewShop), canConnect: shops.canConnect }),
  );

  serve(router, specs.changeShop, async ({ params, body, tenant }) =>
    reply(200, viewShop(await shops.change(tenant, params.id, credentialsOf(body)))),
  );

  serve(router, specs.deleteShop, async ({ params, tenant }) => {
    await shops.remove(tenant, params.id);
    return reply(204, undefined);
  });

  return router;
}

type Given = { [Name in "clientId" | "clientSecret" | "accessToken"]?: string | undefined };

// That there is one kind, and the whole of it, was checked with the body.
const credentialsOf = ({ clientId = "", clientSecret = "", accessToken }: Given): Credentials =>
  accessToken === undefined ? { clientId, clientSecret } : { accessToken };

const viewShop = ({ kind, createdAt, updatedAt, ...shop }: Shop) => ({
  ...shop,
  credentials: kind,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
