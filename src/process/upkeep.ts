import { cleanUpIfDue } from "../generation/upkeep/cleanup/cleanup.ts";
import { retentionOf } from "../generation/upkeep/cleanup/retention.ts";
import { recordDay } from "../generation/upkeep/daily-records.ts";
import { reconcile } from "../generation/upkeep/reconciler.ts";
import { rollUp } from "../generation/upkeep/roll-up.ts";
import type { Log } from "../log/log.ts";
import type { Config } from "../settings/config.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import type { Closing, Parts } from "./assemble.ts";

type Options = Parts & { config: Config; log: Log; webhooks: Pick<Webhooks, "relaySoon"> };

const everyMinute = "* * * * *";

/** Keeps the books in order: now what a crash has left, then every minute in one process of all. */
export async function scheduleUpkeep(options: Options, closing: Closing): Promise<void> {
  const { config, database, queue, log, webhooks } = options;
  const { db } = database;
  // What was lost in a crash is found now, and not at pg-boss's next look.
  void queue.supervise().catch((error: unknown) => log.warn({ event: "supervise_failed", err: error }));
  void reconcile({ ...options, db }).catch((error: unknown) => log.warn({ event: "reconcile_failed", err: error }));
  await queue.schedule("reconcile", everyMinute, async () => {
    webhooks.relaySoon();
    await reconcile({ ...options, db });
  });
  await queue.schedule("roll_up", everyMinute, async () => {
    await rollUp(db);
    await recordDay(db);
  });
  const stopping = new AbortController();
  const cleanup = { retention: retentionOf(config), log, until: stopping.signal };
  // One that was missed is made up for now.
  const missed = cleanUpIfDue(db, cleanup).catch((error: unknown) =>
    log.warn({ event: "cleanup_failed", err: error }),
  );
  closing.add(async () => {
    stopping.abort();
    await missed;
  });
  await queue.schedule("cleanup", everyMinute, () => cleanUpIfDue(db, cleanup));
}
