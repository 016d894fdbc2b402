import { Router } from "express";
import type { Db } from "../../../db/client.ts";
import { setShare } from "../../../generation/queue/turns/tenant-share.ts";
import { readTenantUse, setDailyBudget, type TenantUse } from "../../../money/budgets.ts";
import { reply, serve } from "../../api/serve.ts";
import * as specs from "../../api/specs/admin/tenants.ts";

/** What tenants use and may use, for who may do what concerns the service as a whole. */
export function tenantRoutes(db: Db): Router {
  const router = Router();

  serve(router, specs.listTenants, async () => reply(200, { data: await readTenantUse(db) }));

  serve(router, specs.updateTenant, async ({ params: { tenant }, body: { dailyBudgetUsd, ...share } }) => {
    if (Object.keys(share).length > 0) await setShare(db, tenant, share);
    if (dailyBudgetUsd !== undefined) await setDailyBudget(db, tenant, dailyBudgetUsd);
    const found = (await readTenantUse(db)).find((one) => one.tenant === tenant);
    return reply(200, found ?? unset(tenant));
  });

  return router;
}

/** A tenant of which nothing is known. */
const unset = (tenant: string): TenantUse => ({
  tenant,
  usedTodayUsd: "0.000000000000",
  dailyBudgetUsd: null,
  weight: 1,
  maxRunning: null,
});
