import type { Db } from "../db/client.ts";
import type { Queue } from "../generation/queue/queue.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Addresses, createAddresses } from "./addresses.ts";
import { startDeliverer } from "./deliverer.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import { createEndpoints, type Endpoints } from "./endpoints.ts";
import { createRelay, relay, type Views } from "./relay.ts";
import { createSecrets } from "./secrets.ts";

/**
 * Tells receivers of a tenant's jobs and batches. An event goes three ways: a trigger writes it in the statement that ends
 * the job, `relay` queues it after the commit, and a worker's deliverer sends it.
 */
export type Webhooks = {
  endpoints: Endpoints;
  deliveries: Deliveries;
  problemOf: Addresses["problemOf"];
  /** Queues soon what was written just now. */
  relaySoon(): void;
  /** Queues what was written. Returns how much. */
  relay(): Promise<number>;
  startDeliverer(): ReturnType<typeof startDeliverer>;
};

type Options = {
  db: Db;
  queue: Queue;
  log: Log;
  metrics: Pick<Metrics, "delivered">;
  views: Views;
  /** Addresses and networks inside that may be reached, also over http. */
  allowedAddresses: readonly string[];
};

export function createWebhooks(options: Options): Webhooks {
  const { db, queue } = options;
  const addresses = createAddresses(options.allowedAddresses);
  const secrets = createSecrets(db);
  return {
    endpoints: createEndpoints(db, secrets, addresses),
    deliveries: createDeliveries(db, queue),
    problemOf: addresses.problemOf,
    relaySoon: createRelay(options),
    relay: () => relay(options),
    startDeliverer: () => startDeliverer({ ...options, secrets, addresses }),
  };
}
