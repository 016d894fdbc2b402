import type { Db } from "../../../db/client.ts";
import { tenants } from "../../../db/schema/index.ts";

/**
 * What a tenant gets of the slots. `weight`: turns for another's one, 1 to 100, for jobs that are submitted from now on.
 * `maxRunning`: jobs that may be under way at once; null: no limit.
 */
export type TenantShare = { weight?: number | undefined; maxRunning?: number | null | undefined };

/** What is undefined stays as it is. The reconciler of a worker lets go, within a minute, what a higher limit allows. */
export async function setShare(db: Db, tenant: string, share: TenantShare): Promise<void> {
  await db
    .insert(tenants)
    .values({ id: tenant, ...share })
    .onConflictDoUpdate({ target: tenants.id, set: { id: tenant, ...share } });
}
