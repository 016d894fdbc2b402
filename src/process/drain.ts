import { once } from "node:events";
import { inArray } from "drizzle-orm";
import type { JobType } from "../author/index.ts";
import type { Db } from "../db/client.ts";
import { generationJobs } from "../db/schema/index.ts";
import { catchStrayErrors } from "../generation/attempt/run/stray-errors.ts";
import { type Dispatcher, startDispatcher } from "../generation/dispatch/dispatcher.ts";
import { registerWorker } from "../generation/dispatch/worker-registry.ts";
import { createFamilies, settleFamilies } from "../generation/family/families.ts";
import { deliveryQueue } from "../generation/queue/delivery-jobs.ts";
import { admitAll } from "../generation/queue/turns/admission.ts";
import { cleanUpIfDue } from "../generation/upkeep/cleanup/cleanup.ts";
import { retentionOf } from "../generation/upkeep/cleanup/retention.ts";
import { recordDay } from "../generation/upkeep/daily-records.ts";
import { reconcile } from "../generation/upkeep/reconciler.ts";
import { rollUp } from "../generation/upkeep/roll-up.ts";
import type { Log } from "../log/log.ts";
import { type FireOptions, fireDue } from "../schedules/fire.ts";
import type { Config } from "../settings/config.ts";
import type { Traces } from "../telemetry/traces/start.ts";
import { assemble, createClosing } from "./assemble.ts";
import { createSubmissions } from "./submissions.ts";
import { dispatcherParts } from "./worker.ts";

type DrainOptions = { jobTypes: readonly JobType[]; log: Log; until: AbortSignal };

const upkeepMilliseconds = 5_000;

/** As `drain`, for a process that may have a dispatcher: then that one runs it, as it would anyway. */
export async function runDue(
  config: Config,
  options: DrainOptions,
  own: (Omit<FireOptions, "log"> & { dispatcher: Pick<Dispatcher, "drained" | "wake">; traces: Traces }) | null,
): Promise<{ live: number }> {
  if (!own) return await drain(config, options);
  const { dispatcher, db, traces } = own;
  await fireDue({ ...own, log: options.log }, options.until);
  const isDrained = dispatcher.drained();
  dispatcher.wake();
  if (!options.until.aborted) await Promise.race([once(options.until, "abort"), isDrained]);
  // A platform may stop this process between two requests: spans that are still here would wait for the next request.
  await traces.flush();
  return { live: await countLive(db) };
}

/**
 * Runs what is due until nothing is left or `until` is aborted, then hands back what is unfinished without using up an
 * attempt. For places where nothing may stay running: any number of calls, also at once, get the work done.
 * Returns how many jobs are still live.
 */
export async function drain(config: Config, options: DrainOptions): Promise<{ live: number }> {
  const { jobTypes, log, until } = options;
  const closing = createClosing(log);
  try {
    closing.add(catchStrayErrors(log));
    const parts = await assemble(config, jobTypes, log, closing);
    const { queue } = parts;
    const { db } = parts.database;
    const { submissions, webhooks } = createSubmissions(config, parts, log);
    const worker = await registerWorker({ ...parts, db });
    // No other process may be running that would find what the last drain left when it was cut off.
    await queue.supervise();
    await reconcile({ ...parts, db, log });
    // A failure is a line in the log, and the jobs run all the same.
    const upkeep = (name: string, run: (until: AbortSignal) => Promise<void>, signal: AbortSignal) =>
      run(signal).catch((error: unknown) => log.error({ event: `${name}_failed`, err: error }));
    const cleanUp = (signal: AbortSignal) =>
      cleanUpIfDue(db, { retention: retentionOf(config), log, until: signal });
    // Each for a while, call after call: after an upgrade a roll-up takes minutes, and the work may take every budget whole.
    const forAWhile = () => AbortSignal.any([until, AbortSignal.timeout(upkeepMilliseconds)]);
    await upkeep("roll_up", (signal) => rollUp(db, signal), forAWhile());
    await upkeep("record_day", () => recordDay(db), until);
    await upkeep("cleanup", cleanUp, forAWhile());
    const dispatcher = startDispatcher({
      ...dispatcherParts({ ...parts, config, log, submissions, webhooks }),
      worker,
    });
    const due = { ...submissions, log, metrics: parts.metrics };
    const families = createFamilies({ ...parts, db }, log);
    parts.database.pool.hints.listen((notice) => {
      families(notice.families);
      const { [deliveryQueue]: _, ...phases } = notice.wake;
      return { ...notice, wake: dispatcher.offer(phases) };
    });
    await fireDue(due, until);
    const deliverer = webhooks.startDeliverer();
    const isDrained = async () => {
      // What a tenant's limit has held back goes as others of the tenant end, parents as their children do, and schedules have
      // fallen due meanwhile.
      do await dispatcher.drained();
      while (
        (await fireDue(due, until)) +
          (await admitAll({ ...parts, db })) +
          (await settleFamilies({ ...parts, db })) +
          // A parent may have been let go since nothing was due, by what its last child's end has begun.
          (await queue.due()).length +
          dispatcher.running() >
        0
      );
      await webhooks.relay();
      await deliverer.drained();
    };
    if (!until.aborted) await Promise.race([once(until, "abort"), isDrained()]);
    await Promise.all([dispatcher.stop(0), deliverer.stop(0)]);
    // No schedule may be running that would.
    await upkeep("cleanup", cleanUp, until);
    return { live: await countLive(db) };
  } finally {
    await closing.close();
  }
}

const countLive = (db: Db): Promise<number> =>
  db.$count(generationJobs, inArray(generationJobs.status, ["pending", "processing"]));
