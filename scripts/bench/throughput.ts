import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { startGalley } from "../../src/start.ts";
import { noop } from "./noop.ts";

const slots = 50;

/** Jobs of five empty phases a second, in one process, from a backlog. */
export async function pipelinesPerSecond(url: string, jobs: number): Promise<number> {
  const options = { jobTypes: [noop], log: createLog("silent") };
  const settings = { DATABASE_URL: url, PORT: "0", WORKER_CONCURRENCY: String(slots) };
  const desk = await startGalley(readConfig({ ...settings, ROLES: "api" }), options);
  for (let submitted = 0; submitted < jobs; submitted++) {
    await desk.service.submit("local", { type: "noop", input: {} });
  }
  const worker = await startGalley(readConfig({ ...settings, ROLES: "worker" }), options);
  const { pool } = desk.database;
  const left = async () =>
    (
      await pool.query<{ left: number }>(
        "select count(*)::integer as left from generation_jobs where status in ('pending', 'processing')",
      )
    ).rows[0]?.left ?? 0;
  const began = performance.now();
  const waiting = await left();
  while ((await left()) > 0) await delay(20);
  const seconds = (performance.now() - began) / 1000;
  await worker.close();
  await desk.close();
  return waiting / seconds;
}

/** The same number of queue jobs through pg-boss alone, as fast as it can without a mirror: five for each pipeline. */
export async function rawPipelinesPerSecond(url: string, jobs: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: "raw",
    supervise: false,
    schedule: false,
    useListenNotify: false,
  });
  await boss.start();
  await boss.createQueue("raw");
  await boss.insert(
    "raw",
    Array.from({ length: jobs * 5 }, () => ({ data: {} })),
  );
  const began = performance.now();
  for (;;) {
    const batch = await boss.fetch("raw", { batchSize: slots });
    if (batch.length === 0) break;
    await boss.complete(
      "raw",
      batch.map(({ id }) => id),
    );
  }
  const seconds = (performance.now() - began) / 1000;
  await boss.stop({ graceful: false });
  await pool.end();
  return jobs / seconds;
}
