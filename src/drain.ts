import { setTimeout as delay } from "node:timers/promises";
import { inArray } from "drizzle-orm";
import { assemble, createClosing } from "./assemble.ts";
import type { JobType } from "./author/index.ts";
import type { Config } from "./config.ts";
import { generationJobs } from "./db/schema/index.ts";
import { startDispatcher } from "./generation/dispatcher.ts";
import { reconcile } from "./generation/reconciler.ts";
import type { Log } from "./log.ts";

/**
 * Runs what is due for `budgetSeconds` at most, then hands back what is unfinished without using up an attempt. For
 * places where nothing may stay running: any number of calls, also at once, get the work done.
 * Returns how many jobs are still live.
 */
export async function drain(
  config: Config,
  options: { jobTypes: readonly JobType[]; log: Log; budgetSeconds: number },
): Promise<{ live: number }> {
  const { jobTypes, log, budgetSeconds } = options;
  const endsAt = Date.now() + budgetSeconds * 1000;
  const closing = createClosing(log);
  try {
    const parts = await assemble(config, jobTypes, log, closing);
    const { queue } = parts;
    const { db } = parts.database;
    // Nobody else may be running who would notice that the last call was cut off.
    await queue.supervise();
    await reconcile({ ...parts, db, log });
    const dispatcher = startDispatcher({ ...parts, db, log, concurrency: config.WORKER_CONCURRENCY });
    const timer = new AbortController();
    const ended = delay(Math.max(0, endsAt - Date.now()), undefined, { signal: timer.signal }).catch(
      () => undefined,
    );
    await Promise.race([ended, dispatcher.drained()]);
    timer.abort();
    await dispatcher.stop(0);
    return { live: await db.$count(generationJobs, inArray(generationJobs.status, ["pending", "processing"])) };
  } finally {
    await closing.close();
  }
}
