import type { Db } from "../db/client.ts";
import { transactPatiently } from "../db/commit/patience.ts";
import { queryWith, statement } from "../db/commit/statement.ts";
import { createWakeups } from "../generation/dispatch/wakeups.ts";
import type { ClaimedDelivery } from "../generation/queue/delivery-jobs.ts";
import type { Queue } from "../generation/queue/queue.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Addresses } from "./addresses.ts";
import { type Outcome, post } from "./post.ts";
import type { Secrets } from "./secrets.ts";

/** Sends what is due. */
export type Deliverer = {
  /** Something may be due. */
  wake(): void;
  /** Resolves when nothing is due and nothing is being sent. */
  drained(): Promise<void>;
  /** Takes nothing new, gives what is being sent `graceSeconds`, then breaks it off: it is tried again. */
  stop(graceSeconds: number): Promise<void>;
};

type Options = {
  db: Db;
  queue: Queue;
  log: Log;
  metrics: Pick<Metrics, "delivered">;
  secrets: Secrets;
  addresses: Addresses;
};

type Due = {
  tenant: string;
  endpointId: string | null;
  isDeleted: boolean;
  url: string;
  type: string;
  body: string;
};

const mostAtOnce = 20;
// A retry is due after half a minute at the earliest, and what is new wakes it.
const pollSeconds = 5;

export function startDeliverer(options: Options): Deliverer {
  const { db, queue, log, metrics, secrets, addresses } = options;
  const query = queryWith(db.$client, db.$client.session);
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();
  const drained = new Set<() => void>();
  const wakeups = createWakeups(pull, {
    pollSeconds: () => pollSeconds,
    onError: (error) => log.error({ event: "delivery_failed", err: error }),
  });
  wakeups.wake();

  async function pull(): Promise<void> {
    const wasQuiet = sending.size === 0;
    const free = mostAtOnce - sending.size;
    if (free === 0) return;
    const claimed = await queue.fetchDeliveries(free);
    if (wasQuiet && claimed.length === 0) for (const resolve of drained) resolve();
    for (const one of claimed) {
      const sent = deliver(one)
        // Its queue job expires, and another try follows.
        .catch((error: unknown) => log.error({ event: "delivery_failed", delivery: one.deliveryId, err: error }))
        .finally(() => {
          sending.delete(sent);
          // More may wait than there was room for.
          if (claimed.length === free || drained.size > 0) wakeups.wake();
        });
      sending.add(sent);
    }
  }

  async function deliver(claimed: ClaimedDelivery): Promise<void> {
    const id = claimed.deliveryId;
    const [due] = await query<Due>(read, [id, claimed.queueJobId]);
    // It went with its job, or was sent anew by hand.
    if (!due)
      return void (await transactPatiently(db, (transaction) => queue.completeDelivery(transaction, claimed)));
    const { tenant, endpointId, url, body } = due;
    const secret = await (endpointId === null ? secrets.ofJobs(tenant) : secrets.ofEndpoint(endpointId));
    const begunAt = performance.now();
    const outcome: Outcome = due.isDeleted
      ? { status: null, error: "endpoint_deleted" }
      : await post({ id, url, secret, body }, addresses, stopping.signal);
    const milliseconds = Math.round(performance.now() - begunAt);
    const recorded = await record(claimed, outcome);
    if (!recorded) return;
    if (!due.isDeleted) metrics.delivered(recorded.state === "pending" ? "retried" : recorded.state);
    if (recorded.retryAt) wakeups.wakeAt(recorded.retryAt);
    log.info({ event: "webhook", delivery: id, type: due.type, ...outcome, ...recorded, milliseconds });
  }

  /** Writes how a try went, with its queue job. Null if another try has its queue job by now. */
  async function record(claimed: ClaimedDelivery, { status, error }: Outcome) {
    return await transactPatiently(db, async (transaction) => {
      await transaction.query(lock, [claimed.deliveryId]);
      const isOver = error === null || error === "endpoint_deleted";
      const retried = isOver ? null : await queue.retryDelivery(transaction, claimed);
      if (isOver ? !(await queue.completeDelivery(transaction, claimed)) : retried === null) return null;
      const retryAt = retried?.retryAt ?? null;
      const state: "delivered" | "pending" | "failed" =
        error === null ? "delivered" : retryAt ? "pending" : "failed";
      await transaction.query(write, [claimed.deliveryId, state, status, error, retryAt]);
      return { state, retryAt };
    });
  }

  return {
    wake: wakeups.wake,
    drained: () =>
      new Promise((resolve) => {
        drained.add(resolve);
        wakeups.wake();
      }),
    async stop(graceSeconds) {
      await wakeups.stop();
      const timer = setTimeout(() => stopping.abort(), graceSeconds * 1000);
      await Promise.all(sending);
      clearTimeout(timer);
    },
  };
}

const read = statement(`
  select delivery.tenant, endpoint_id as "endpointId", delivery.url, type, payload::text as body,
    endpoint_id is not null and endpoint.id is null as "isDeleted"
  from webhook_deliveries as delivery left join webhook_endpoints as endpoint on endpoint.id = endpoint_id
  where delivery.id = $1 and queue_job_id = $2 and state = 'pending'`);

const lock = statement("select from webhook_deliveries where id = $1 for update");

const write = statement(`
  update webhook_deliveries set
    state = $2, attempts = attempts + 1, last_status = $3, last_error = $4, next_attempt_at = $5,
    delivered_at = case when $2 = 'delivered' then now() else delivered_at end
  where id = $1`);
