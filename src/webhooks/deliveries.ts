import { and, desc, eq, getTableColumns } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { transact } from "../db/commit/transact.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { webhookDeliveries } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import { deliveryQueue } from "../generation/queue/delivery-jobs.ts";
import type { Queue } from "../generation/queue/queue.ts";
import { isUuid, newUuid } from "../ids.ts";

export type Delivery = Omit<typeof webhookDeliveries.$inferSelect, "payload">;

// Those of a job that was resumed again and again.
const mostShown = 100;

/** What was sent, and what is to be sent. Throws RequestError for what cannot be done. */
export type Deliveries = {
  /** Of a job that the caller knows to be the tenant's; the newest first, at most 100. */
  list(tenant: string, jobId: string): Promise<Delivery[]>;
  /** Sends it once more, now, under the same id, with as many tries as the first time. */
  redeliver(tenant: string, id: string): Promise<Delivery>;
};

export function createDeliveries(db: Db, queue: Queue): Deliveries {
  const { payload: _, ...columns } = getTableColumns(webhookDeliveries);

  return {
    list: (tenant, jobId) =>
      asTenant(db, tenant, ({ tx }) =>
        tx
          .select(columns)
          .from(webhookDeliveries)
          .where(and(eq(webhookDeliveries.jobId, jobId), eq(webhookDeliveries.tenant, tenant)))
          .orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id))
          .limit(mostShown),
      ),

    async redeliver(tenant, id) {
      const own = and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.tenant, tenant));
      const sent = await transact(db, async (transaction) => {
        const { tx } = transaction;
        const [found] = isUuid(id) ? await tx.select(columns).from(webhookDeliveries).where(own).for("update") : [];
        // Without a queue job it is about to be queued for the first time.
        if (!found?.queueJobId) return found;
        // A try that is under way loses its queue job, and what comes of it is not recorded.
        await queue.cancel(transaction, deliveryQueue, found.queueJobId);
        const queueJobId = newUuid();
        await queue.sendDeliveries(transaction, [{ deliveryId: id, queueJobId }]);
        const pending = { state: "pending", queueJobId, nextAttemptAt: null } as const;
        const [row] = await tx.update(webhookDeliveries).set(pending).where(own).returning(columns);
        return row;
      });
      if (!sent) throw new RequestError("not_found", "There is no such delivery.");
      return sent;
    },
  };
}
