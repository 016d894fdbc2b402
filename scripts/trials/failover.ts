import { setTimeout as delay } from "node:timers/promises";
import { priceFile } from "../../src/author/testing/scripted-server.ts";
import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { patiently } from "../../src/db/commit/patience.ts";
import { startDemoModel } from "../../src/demo/server.ts";
import { StartError } from "../../src/errors.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { type Galley, startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { findViolations } from "../../tests/support/invariants.ts";
import { story } from "../../tests/support/story.ts";
import { createWorkers } from "./chaos/workers.ts";
import { openAddress } from "./failover/address.ts";
import { startPair, user } from "./failover/pair.ts";

// How long it takes those who watch over a cluster to see that the primary is gone.
const noticeMilliseconds = 3_000;
const longestSeconds = 180;
const log = createLog("silent");

await runCommand(async () => {
  const { jobs, workers: count, slots } = readArguments();
  const pair = await startPair();
  const address = await openAddress(pair.primaryPort);
  const model = await startDemoModel({ delayMsPerChunk: 30 });
  const env = {
    DATABASE_URL: `postgres://${user}@127.0.0.1:${address.port}/postgres`,
    OPENAI_BASE_URL: model.baseURL,
    OPENAI_MODEL: "demo-1",
    PRICES_FILE: priceFile,
    WORKER_CONCURRENCY: String(slots),
  };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api", PORT: "0" }), { jobTypes: [story], log });
  const workers = createWorkers({ ...env, ROLES: "worker" });
  try {
    for (let started = 0; started < count; started++) workers.start();
    const submission = { type: story.type, input: { title: "Failover", chapters: 4 } };
    const began = performance.now();
    for (let submitted = 0; submitted < jobs; submitted++)
      await patiently(desk.database.db, () => desk.service.submit("local", submission));
    while ((await countIn(desk, "completed")) < jobs / 4) await delay(50);
    const underWay = await countIn(desk, "processing");
    const standbys = await desk.database.pool.query("select from pg_stat_replication where sync_state = 'sync'");

    await pair.killPrimary();
    address.leadNowhere();
    const killedAt = performance.now();
    await delay(noticeMilliseconds);
    await pair.promote();
    address.leadTo(pair.standbyPort);
    const movedAt = performance.now();
    const completedBefore = await patiently(desk.database.db, () => countIn(desk, "completed"));
    const answeredAt = performance.now();
    while ((await countIn(desk, "completed")) <= completedBefore) await delay(20);
    const wentOnAt = performance.now();
    while ((await countLive(desk)) > 0 && performance.now() - began < longestSeconds * 1000) await delay(100);

    const { pool, db } = desk.database;
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    const violations = await findViolations(pool.query.bind(pool) as never, story);
    const figures = {
      jobs,
      completed: await countIn(desk, "completed"),
      "synchronous standbys": standbys.rowCount ?? 0,
      "under way when the primary was killed": underWay,
      "steps that were paid for twice": await countPaidTwice(desk),
      violations: violations.length,
      drift: Object.values(await reconcile({ ...desk, db, log })).reduce((sum, number) => sum + number, 0),
      "seconds from kill to the standby's promotion": seconds(killedAt, movedAt),
      "seconds from then to the first answer": seconds(movedAt, answeredAt),
      "seconds from then to the next completed job": seconds(answeredAt, wentOnAt),
      "seconds in all": seconds(began, performance.now()),
    };
    for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name.padEnd(48)}${figure}\n`);
    for (const violation of violations.slice(0, 20)) process.stdout.write(`${violation}\n`);
    const isWrong =
      figures.completed < jobs || figures["synchronous standbys"] !== 1 || figures.violations + figures.drift > 0;
    if (isWrong || figures["steps that were paid for twice"] > 0) process.exitCode = 1;
  } finally {
    for (const worker of workers.running()) await workers.end(worker, "SIGKILL");
    await desk.close();
    await model.close();
    await address.close();
    await pair.stop();
  }
});

async function countIn({ database: { pool } }: Galley, status: string): Promise<number> {
  const { rows } = await pool.query<{ jobs: number }>(
    "select count(*)::integer as jobs from generation_jobs where status = $1",
    [status],
  );
  return rows[0]?.jobs ?? 0;
}

async function countLive(desk: Galley): Promise<number> {
  return (await countIn(desk, "pending")) + (await countIn(desk, "processing"));
}

async function countPaidTwice({ database: { pool } }: Galley): Promise<number> {
  const { rows } = await pool.query<{ steps: number }>(
    `select count(*)::integer as steps from (
       select from provider_calls where state = 'succeeded' group by job_id, phase, step having count(*) > 1
     ) as twice`,
  );
  return rows[0]?.steps ?? 0;
}

function readArguments() {
  const values = readFlags({
    name: "npm run failover",
    does: "Kills a PostgreSQL with a synchronous standby while jobs run, promotes the standby, and checks that each job completes once.",
    flags: {
      jobs: { type: "string", default: "60", help: "jobs submitted" },
      workers: { type: "string", default: "2", help: "worker processes" },
      slots: { type: "string", default: "10", help: "phases that run at once in each" },
    },
  });
  const [jobs = 0, workers = 0, slots = 0] = [values.jobs, values.workers, values.slots].map(Number);
  if (!(jobs > 0 && workers > 0 && slots > 0))
    throw new StartError("--jobs, --workers and --slots take positive numbers.");
  return { jobs, workers, slots };
}
