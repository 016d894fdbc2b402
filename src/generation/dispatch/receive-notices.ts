import type { Database } from "../../db/client.ts";
import { type Listener, startListener } from "../../db/listener.ts";
import type { Log } from "../../log/log.ts";
import type { Subscriptions } from "../history/subscriptions.ts";
import type { Admission } from "../queue/admission.ts";
import type { Dispatcher } from "./dispatcher.ts";

/**
 * Passes on every notice of a commit: new events to the requests that wait, due queue jobs and cancels to the dispatcher
 * (undefined without the role `worker`), tenants that may have another job under way to the admission. Those of this
 * process come at once, and their due queue jobs are offered to it first; those of others come over LISTEN. A null notice
 * says that some may have been missed.
 */
export function receiveNotices(
  database: Database,
  log: Log,
  subscriptions: Subscriptions,
  dispatcher: () => Dispatcher | undefined,
  admission: Admission,
): Listener {
  database.pool.hints.listen((notice) => {
    subscriptions.publish(notice);
    admission(notice.freed);
    const left = dispatcher()?.offer(notice.wake) ?? notice.wake;
    return { ...notice, wake: left };
  });
  return startListener(database, log, (notice) => {
    subscriptions.publish(notice);
    if (notice === null) {
      void dispatcher()?.touch();
      dispatcher()?.wake();
      return;
    }
    if (Object.keys(notice.wake).length > 0) dispatcher()?.hear();
    dispatcher()?.cancel(notice.cancel);
  });
}
