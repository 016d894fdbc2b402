import { z } from "zod";
import { isTenantName, tenantNameWords } from "../../../../access/tenant-name.ts";
import { Cost } from "../basics.ts";

export const TenantName = z
  .string()
  .refine(isTenantName, `expected ${tenantNameWords}`)
  .meta({ description: "The name of a tenant", example: "acme" });

/** Turns for another tenant's one. */
export const Weight = z.int().min(1).max(100);

/** Jobs under way at once. */
export const MaxRunning = z.int().min(0).max(999_999);

/** What `readTenantUse` gives. */
export const Tenant = z
  .object({
    tenant: z.string(),
    usedTodayUsd: Cost.meta({ description: "Since midnight UTC, with what calls under way have reserved" }),
    dailyBudgetUsd: Cost.nullable().meta({ description: "From one midnight UTC to the next; null: no limit" }),
    weight: Weight.meta({ description: "Turns for another tenant's one" }),
    maxRunning: MaxRunning.nullable().meta({ description: "Jobs under way at once; null: no limit" }),
  })
  .meta({ id: "Tenant" });
