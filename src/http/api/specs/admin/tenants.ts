import { z } from "zod";
import { Usd } from "../../../../usd.ts";
import { route } from "../../route.ts";
import { MaxRunning, Tenant, TenantName, Weight } from "../../schemas/admin/tenant.ts";

export const listTenants = route({
  id: "listTenants",
  method: "get",
  path: "/v1/tenants",
  tag: "service",
  summary: "List what each tenant used today, may use, and gets as its share",
  description:
    "Tenants that have a key in force, for which something is set, or that called a model today. Needs the scope `admin`.",
  answers: { 200: { description: "By name", schema: z.object({ data: z.array(Tenant) }) } },
  problems: [],
});

export const updateTenant = route({
  id: "updateTenant",
  method: "patch",
  path: "/v1/tenants/{tenant}",
  tag: "service",
  summary: "Set what a tenant may use, and gets as its share",
  description: "What is not given stays as it is. Needs the scope `admin`.",
  params: z.object({ tenant: TenantName }),
  body: z
    .strictObject({
      dailyBudgetUsd: Usd.nullable()
        .optional()
        .meta({ description: "USD from one midnight UTC to the next, from the next call on; null: no limit" }),
      weight: Weight.optional().meta({ description: "For jobs that are submitted from now on" }),
      maxRunning: MaxRunning.nullable().optional().meta({ description: "Jobs under way at once; null: no limit" }),
    })
    .meta({ id: "TenantUpdate" }),
  answers: { 200: { description: "The tenant", schema: Tenant } },
  problems: [],
});
