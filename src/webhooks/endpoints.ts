import { and, asc, eq } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { statement } from "../db/commit/statement.ts";
import { takeTurn } from "../db/commit/turn.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { webhookEndpoints } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import { isUuid, newUuid } from "../ids.ts";
import type { Addresses } from "./addresses.ts";
import type { WebhookEvent } from "./events.ts";
import type { Secrets } from "./secrets.ts";

export type Endpoint = { id: string; url: string; events: WebhookEvent[]; createdAt: Date };

// Each job that ends writes a row for each of them.
const mostEndpoints = 20;

/** Where a tenant hears of all its jobs and batches. Throws RequestError for what cannot be done. */
export type Endpoints = {
  /** The secret is shown now and never again. */
  create(
    tenant: string,
    endpoint: { url: string; events: readonly WebhookEvent[] },
  ): Promise<Endpoint & { secret: string }>;
  /** The oldest first, and what the `webhookUrl` of the tenant's jobs is signed with. */
  list(tenant: string): Promise<{ endpoints: Endpoint[]; jobSecret: string }>;
  /** Nothing more is sent there. What was sent stays in the log. */
  remove(tenant: string, id: string): Promise<void>;
};

export function createEndpoints(db: Db, secrets: Secrets, { problemOf }: Addresses): Endpoints {
  return {
    async create(tenant, { url, events }) {
      const problem = problemOf(url);
      if (problem) throw invalid("/url", problem);
      const id = newUuid();
      const values = [id, tenant, url, [...new Set(events)], mostEndpoints];
      const [row] = await asTenant(db, tenant, async ({ query }) => {
        await takeTurn(query, tenant, "webhooks");
        return await query<Endpoint>(insert, values);
      });
      if (!row) throw invalid("/url", `a tenant may have ${mostEndpoints} endpoints: delete one first`);
      return { ...row, secret: await secrets.ofEndpoint(id) };
    },

    async list(tenant) {
      const rows = await asTenant(db, tenant, ({ tx }) =>
        tx
          .select()
          .from(webhookEndpoints)
          .where(eq(webhookEndpoints.tenant, tenant))
          .orderBy(asc(webhookEndpoints.id)),
      );
      return { endpoints: rows as Endpoint[], jobSecret: await secrets.ofJobs(tenant) };
    },

    async remove(tenant, id) {
      const own = and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.tenant, tenant));
      const removed = isUuid(id)
        ? await asTenant(db, tenant, ({ tx }) => tx.delete(webhookEndpoints).where(own).returning())
        : [];
      if (removed.length === 0) throw new RequestError("not_found", "There is no such webhook.");
    },
  };
}

const invalid = (pointer: string, message: string) =>
  new RequestError("invalid_input", "The request is not valid.", { issues: [{ pointer, message }] });

const insert = statement(`
  insert into webhook_endpoints (id, tenant, url, events)
  select $1::uuid, $2, $3, $4::text[]
  where (select count(*) from webhook_endpoints where tenant = $2) < $5::integer
  returning id, url, events, created_at as "createdAt"`);
