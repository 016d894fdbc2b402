import { setTimeout as delay } from "node:timers/promises";
import { startDesk } from "./support/desk.ts";

const cutEveryMilliseconds = 15_000;
const submitEveryMilliseconds = 500;
// What a living worker holds its lock over, hears of work over, and writes over.
const connections = ["galley heartbeat", "galley listener", "galley"];

/**
 * How often a living worker was taken for dead, under a load of two jobs a second, while every 15 s all connections of
 * one kind are cut.
 */
export async function falseAlarms(url: string, minutes: number): Promise<Record<string, number>> {
  const started = await startDesk(url, { demo: { delayMsPerChunk: 100 }, workers: 3 });
  const { desk } = started;
  const { pool } = desk.database;
  const count = async (select: string) =>
    (await pool.query<{ count: number }>(select)).rows[0]?.count ?? Number.NaN;
  try {
    const endsAt = performance.now() + minutes * 60_000;
    const input = { title: "Alarmed", chapters: 2 };
    let cuts = 0;
    for (let cutAt = performance.now(); performance.now() < endsAt; ) {
      // A cut may hit this very request.
      await desk.service.submit("local", { type: "story", input }).catch(() => undefined);
      await delay(submitEveryMilliseconds);
      if (performance.now() < cutAt + cutEveryMilliseconds) continue;
      cutAt = performance.now();
      await pool
        .query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()",
          [connections[cuts++ % connections.length]],
        )
        .catch(() => undefined);
    }
    const live = "select count(*)::integer from generation_jobs where status in ('pending', 'processing')";
    while ((await count(live)) > 0) await delay(250);
    return {
      cuts,
      jobs: await count("select count(*)::integer from generation_jobs"),
      "jobs that failed": await count("select count(*)::integer from generation_jobs where status = 'failed'"),
      "attempts taken for lost": await count(
        "select count(*)::integer from generation_job_events where type = 'attempt_failed' and data->'error'->>'code' = 'worker_lost'",
      ),
    };
  } finally {
    await started.close();
  }
}
