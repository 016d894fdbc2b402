import { isDatabaseUnavailable } from "../db/availability.ts";
import { queryWith } from "../db/commit/statement.ts";
import { createWakeups } from "../generation/dispatch/wakeups.ts";
import { secondsUntilDue } from "./claims.ts";
import { type FireOptions, fireDue } from "./fire.ts";

// One that was made or changed by another process is found so late.
const pollSeconds = 5;
const againSeconds = 1;

/** Fires schedules at their times, beside any number of other processes that do. */
export function watchSchedules(options: FireOptions): { stop(): Promise<void> } {
  const { db, catalogue, log } = options;
  const query = queryWith(db.$client, db.$client.session);
  const types = catalogue.types.map(({ type }) => type);
  const stopping = new AbortController();
  const wakeups = createWakeups(look, {
    pollSeconds: () => pollSeconds,
    onError(error) {
      if (!isDatabaseUnavailable(error)) log.error({ event: "schedules_failed", err: error });
    },
  });
  wakeups.wake();

  async function look(): Promise<void> {
    let seconds = await secondsUntilDue(query);
    if (seconds !== null && seconds <= 0) {
      await fireDue(options, stopping.signal);
      const left = await secondsUntilDue(query, types);
      // Still due is one that another process fires just now, or whose type none knows.
      seconds = left !== null && left <= 0 ? againSeconds : left;
    }
    if (seconds !== null && seconds < pollSeconds) wakeups.wakeAt(new Date(Date.now() + seconds * 1000));
  }

  return {
    async stop() {
      stopping.abort();
      await wakeups.stop();
    },
  };
}
