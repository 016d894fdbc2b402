import { setTimeout as delay } from "node:timers/promises";
import { priceFile } from "../../src/author/testing/scripted-server.ts";
import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { isDatabaseUnavailable } from "../../src/db/availability.ts";
import { patiently } from "../../src/db/commit/patience.ts";
import { StartError } from "../../src/errors.ts";
import { closeUnreportedCalls } from "../../src/generation/attempt/steps/calls.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { type Galley, startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { findViolations } from "../../tests/support/invariants.ts";
import { story } from "../../tests/support/story.ts";
import { planDeeds, roundOfDeeds } from "./chaos/deeds.ts";
import { jobOf, jobTypes, setUpTenants } from "./chaos/jobs.ts";
import { startFaultyModel } from "./chaos/model.ts";
import { createRandom, type Random } from "./chaos/random.ts";
import { createWorkers, type Workers } from "./chaos/workers.ts";
import { startOwnPostgres } from "./own-postgres.ts";

const calmSeconds = 180;
const log = createLog("silent");

await runCommand(async () => {
  const { minutes, jobs, workers: count, slots, seed } = readArguments();
  const began = Date.now();
  const random = createRandom(seed);
  const postgres = await startOwnPostgres();
  // Of its own: how often it is asked depends on the clock, and the deeds shall not.
  const model = await startFaultyModel(createRandom(seed + 1));
  const env = {
    DATABASE_URL: postgres.url,
    OPENAI_BASE_URL: model.baseURL,
    OPENAI_MODEL: "demo-1",
    PRICES_FILE: priceFile,
    SHUTDOWN_GRACE_SECONDS: "1",
    WORKER_CONCURRENCY: String(slots),
  };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api", PORT: "0" }), {
    jobTypes,
    log,
  });
  const workers = createWorkers({ ...env, ROLES: "worker" });
  const deeds = { kills: 0, terms: 0, restarts: 0 };
  try {
    for (let started = 0; started < count; started++) workers.start();
    await setUpTenants(desk.database.db);
    for (let submitted = 0; submitted < jobs; submitted++) {
      const { tenant, submission } = jobOf(submitted);
      await patiently(desk.database.db, () => desk.service.submit(tenant, submission));
    }

    const endsAt = began + minutes * 60_000;
    const isGoingOn = async () => Date.now() < endsAt && (await countLive(desk)) > 0;
    const plan = planDeeds(random);
    for (let done = 0; done < roundOfDeeds || (await isGoingOn()); done++) {
      await delay(random.between(500, 3_000));
      const deed = plan.next().value;
      if (deed === "restarts") await postgres.restart();
      else await endOne(workers, random, deed === "kills" ? "SIGKILL" : "SIGTERM");
      deeds[deed]++;
    }

    model.calm();
    const calmUntil = Date.now() + calmSeconds * 1000;
    while (Date.now() < calmUntil && (await countLive(desk)) > 0) await delay(250);
    for (const worker of workers.running()) await workers.end(worker, "SIGTERM");

    await closeUnreportedCalls(desk.database.db, 0);
    const { pool, db } = desk.database;
    const { rows } = await pool.query<{ status: string; jobs: number }>(
      "select status, count(*)::integer as jobs from generation_jobs group by status",
    );
    const ended = Object.fromEntries(rows.map(({ status, jobs: number }) => [status, number]));
    const drift = await reconcile({ ...desk, db, log });
    const violations = await findViolations(pool.query.bind(pool) as never, story);
    // Attempts that the infrastructure used up: with so many of them left, no job would show it.
    const burnt = await pool.query<{ attempts: number }>(
      "select count(*)::integer as attempts from generation_job_events where type = 'attempt_failed' and data->'error'->>'code' = 'internal'",
    );
    // One attempt is used up by a single fault of the model, and by nothing else.
    const unexpected = await pool.query<{ jobs: number }>(
      "select count(*)::integer as jobs from generation_jobs where status = 'failed' and not (requested_max_attempts = 1 and error_code = any($1))",
      [["provider_error", "network"]],
    );
    const stuck = (ended.pending ?? 0) + (ended.processing ?? 0);
    const lost = jobs - Object.values(ended).reduce((sum, number) => sum + number, 0);
    const figures = {
      seed,
      jobs,
      completed: ended.completed ?? 0,
      "failed by the model's fault": (ended.failed ?? 0) - (unexpected.rows[0]?.jobs ?? 0),
      "failed otherwise": unexpected.rows[0]?.jobs ?? 0,
      lost,
      stuck,
      violations: violations.length,
      "attempts that failed with internal": burnt.rows[0]?.attempts ?? 0,
      drift: Object.values(drift).reduce((sum, number) => sum + number, 0),
      ...deeds,
      "model faults": model.faults(),
      seconds: Math.round((Date.now() - began) / 1000),
    };
    for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name.padEnd(36)}${figure}\n`);
    for (const violation of violations.slice(0, 20)) process.stdout.write(`${violation}\n`);
    const isWrong = figures.violations + figures.drift + figures["attempts that failed with internal"] > 0;
    if (lost + stuck + figures["failed otherwise"] > 0 || isWrong) process.exitCode = 1;
  } finally {
    for (const worker of workers.running()) await workers.end(worker, "SIGKILL");
    await desk.close();
    await model.close();
    await postgres.stop();
  }
});

async function endOne(workers: Workers, random: Random, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  // Those that ended by themselves, since the database was away, are being replaced.
  while (workers.ready().length === 0) await delay(50);
  const victim = random.pick(workers.ready());
  if (victim) await workers.end(victim, signal);
  workers.start();
}

async function countLive({ database: { pool } }: Galley): Promise<number> {
  try {
    const { rows } = await pool.query<{ live: number }>(
      "select count(*)::integer as live from generation_jobs where status in ('pending', 'processing')",
    );
    return rows[0]?.live ?? 0;
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    // Not known just now, so there may be some.
    return Number.POSITIVE_INFINITY;
  }
}

function readArguments() {
  const values = readFlags({
    name: "npm run chaos",
    does: "Kills workers and PostgreSQL at random while jobs run, then checks that nothing is lost, doubled or stuck.",
    flags: {
      minutes: { type: "string", default: "5", help: "how long it kills" },
      jobs: { type: "string", default: "500", help: "jobs submitted" },
      workers: { type: "string", default: "3", help: "worker processes" },
      slots: { type: "string", default: "10", help: "phases that run at once in each" },
      seed: { type: "string", default: String(Date.now() % 1_000_000), help: "of the chances" },
    },
  });
  const [minutes = 0, jobs = 0, workers = 0, slots = 0, seed = 0] = [
    values.minutes,
    values.jobs,
    values.workers,
    values.slots,
    values.seed,
  ].map(Number);
  if (!(minutes > 0 && jobs > 0 && workers > 0 && slots > 0 && seed >= 0)) {
    throw new StartError("--minutes, --jobs, --workers, --slots and --seed take positive numbers.");
  }
  return { minutes, jobs, workers, slots, seed };
}
