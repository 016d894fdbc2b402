import type { Database } from "../../db/client.ts";
import { type Listener, startListener } from "../../db/listener.ts";
import type { Log } from "../../log/log.ts";
import type { Families } from "../family/families.ts";
import type { Subscriptions } from "../history/subscriptions.ts";
import { deliveryQueue } from "../queue/delivery-jobs.ts";
import type { Admission } from "../queue/turns/admission.ts";
import type { Dispatcher } from "./dispatcher.ts";

export type Webhooks = {
  /** Queues what jobs that have ended have to tell. */
  relay(): void;
  /** Delivers what is due. False where this process delivers nothing. */
  deliver(): boolean;
};

/**
 * Passes on every notice of a commit: new events to the requests that wait, due queue jobs and cancels to the dispatcher
 * (undefined without the role `worker`), tenants that may have another job under way to the admission, jobs whose children have come further to their families, what has to be told to the
 * webhooks. Those of this process come at once, and their due queue jobs are offered to it first; those of others come over LISTEN. A null notice
 * says that some may have been missed.
 */
export function receiveNotices(
  database: Database,
  log: Log,
  subscriptions: Subscriptions,
  dispatcher: () => Dispatcher | undefined,
  admission: Admission,
  families: Families,
  webhooks: Webhooks,
): Listener {
  database.pool.hints.listen((notice) => {
    subscriptions.publish(notice);
    admission(notice.freed);
    families(notice.families);
    if (notice.deliveries) webhooks.relay();
    const { [deliveryQueue]: deliveries = 0, ...phases } = notice.wake;
    const isTaken = deliveries === 0 || webhooks.deliver();
    const left = dispatcher()?.offer(phases) ?? phases;
    return { ...notice, wake: isTaken ? left : { ...left, [deliveryQueue]: deliveries } };
  });
  return startListener(database, log, (notice) => {
    subscriptions.publish(notice);
    if (notice === null) {
      void dispatcher()?.touch();
      dispatcher()?.wake();
      webhooks.deliver();
      return;
    }
    const { [deliveryQueue]: deliveries = 0, ...phases } = notice.wake;
    if (deliveries > 0) webhooks.deliver();
    if (Object.keys(phases).length > 0) dispatcher()?.hear();
    dispatcher()?.cancel(notice.cancel);
  });
}
