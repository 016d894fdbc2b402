import pg from "pg";
import type { Queue as BossQueue, PgBoss } from "pg-boss";
import { statement } from "../../db/commit/statement.ts";
import type { Transaction } from "../../db/commit/transact.ts";
import { fence, landed } from "./fence.ts";
import { within } from "./phase-jobs.ts";

/** Where a webhook's deliveries wait for their next try. */
export const deliveryQueue = "webhook";

/** From 30 to 60 s after the first try to 90 to 180 min between the latest: 16 tries within a day. */
export const deliveryOptions = {
  retryLimit: 15,
  retryDelay: 30,
  retryBackoff: true,
  retryDelayMax: 10_800,
  // A try takes ten seconds at most; for one whose process has died.
  expireInSeconds: 60,
} as const satisfies Partial<BossQueue>;

/** A try that this process has claimed. */
export type ClaimedDelivery = { deliveryId: string; queueJobId: string; claim: number };

/** What Galley does with the queue jobs of webhooks. Null means that the try has lost its queue job. */
export type DeliveryJobs = {
  /** Makes deliveries due now, under queue job ids that were never used before. */
  sendDeliveries(
    transaction: Transaction,
    deliveries: readonly { deliveryId: string; queueJobId: string }[],
  ): Promise<void>;
  fetchDeliveries(limit: number): Promise<ClaimedDelivery[]>;
  /** Ends it for good. */
  completeDelivery(transaction: Transaction, claimed: ClaimedDelivery): Promise<boolean>;
  /** Gives it back for another try. `retryAt` is null after the last one. */
  retryDelivery(transaction: Transaction, claimed: ClaimedDelivery): Promise<{ retryAt: Date | null } | null>;
};

export function createDeliveryJobs(boss: PgBoss, queueSchema: string): DeliveryJobs {
  const nextTry = statement(`
    select case when state < 'active' then start_after end as "retryAt"
    from ${pg.escapeIdentifier(queueSchema)}.job where name = $1 and id = $2`);

  return {
    async sendDeliveries(transaction, deliveries) {
      if (deliveries.length === 0) return;
      const queueJobs = deliveries.map(({ deliveryId, queueJobId }) => ({ id: queueJobId, data: { deliveryId } }));
      await boss.insert(deliveryQueue, queueJobs, within(transaction));
      transaction.notice.wake[deliveryQueue] = deliveries.length;
    },

    async fetchDeliveries(limit) {
      const jobs = await boss.fetch<{ deliveryId: string }>(deliveryQueue, {
        batchSize: limit,
        includeMetadata: true,
      });
      return jobs.map(({ id, data, retryCount }) => ({
        deliveryId: data.deliveryId,
        queueJobId: id,
        claim: retryCount,
      }));
    },

    async completeDelivery(transaction, claimed) {
      return landed(await boss.complete(deliveryQueue, fence(claimed), null, within(transaction)));
    },

    async retryDelivery(transaction, claimed) {
      if (!landed(await boss.fail(deliveryQueue, fence(claimed), null, within(transaction)))) return null;
      const [next] = await transaction.query<{ retryAt: Date | null }>(nextTry, [
        deliveryQueue,
        claimed.queueJobId,
      ]);
      return next ?? { retryAt: null };
    },
  };
}
