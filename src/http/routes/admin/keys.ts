import { Router } from "express";
import { type ListedKey, listKeys, makeKey, revokeKey } from "../../../access/keys.ts";
import type { Scope } from "../../../access/scopes.ts";
import type { Db } from "../../../db/client.ts";
import { RequestError } from "../../../errors.ts";
import type { Log } from "../../../log/log.ts";
import { reply, serve } from "../../api/serve.ts";
import * as specs from "../../api/specs/admin/keys.ts";
import { callerOf } from "../../auth.ts";
import { timeOf } from "../../views.ts";

/** The keys of all tenants, for who may do what concerns the service as a whole; and what a key itself may do. */
export function keyRoutes(db: Db, log: Log): Router {
  const router = Router();

  serve(router, specs.createKey, async ({ body: { tenant, scopes }, request }) => {
    const { keyId: by, scopes: own } = callerOf(request);
    const beyond = scopes.find((scope) => !own.includes(scope));
    if (beyond) throw new RequestError("forbidden", `Only a key with the scope ${beyond} makes keys that have it.`);
    const { key, ...made } = await makeKey(db, tenant, scopes);
    log.info({ event: "key_created", keyId: made.id, tenant, scopes, by });
    return reply(201, { ...viewKey(made), key });
  });

  serve(router, specs.listKeys, async () => reply(200, { data: (await listKeys(db)).map(viewKey) }));

  serve(router, specs.getCurrentKey, async ({ request }) => {
    const { keyId: id, tenant, scopes } = callerOf(request);
    return reply(200, { id, tenant, scopes: [...scopes] });
  });

  serve(router, specs.revokeKey, async ({ params: { keyId }, request }) => {
    if (!(await revokeKey(db, keyId))) throw new RequestError("not_found", "There is no such key in force.");
    log.info({ event: "key_revoked", keyId, by: callerOf(request).keyId });
    return reply(204, undefined);
  });

  return router;
}

const viewKey = ({ id, tenant, scopes, createdAt, lastUsedAt, revokedAt }: ListedKey) => ({
  id,
  tenant,
  scopes: scopes as Scope[],
  createdAt: createdAt.toISOString(),
  lastUsedAt: timeOf(lastUsedAt),
  revokedAt: timeOf(revokedAt),
});
