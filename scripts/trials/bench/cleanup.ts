import { setTimeout as delay } from "node:timers/promises";
import { cleanUp } from "../../../src/generation/upkeep/cleanup/cleanup.ts";
import { createLog } from "../../../src/log/log.ts";
import { type Galley, startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { fill } from "./growth.ts";
import { noop } from "./support/noop.ts";

const clients = 4;
const pauseMilliseconds = 10;
const idleMilliseconds = 20_000;

/** How long reads of a job's status take while nothing else runs, and while half of so many finished jobs are removed. */
export async function cleanupFigures(url: string, rows: number): Promise<Record<string, number>> {
  const config = readConfig({ DATABASE_URL: url, PORT: "0", ROLES: "api", DATABASE_TIMEOUT_SECONDS: "3600" });
  const galley = await startGalley(config, { jobTypes: [noop], log: createLog("silent") });
  try {
    const ids = await prepare(galley, rows);
    const idle = await readsUntil(galley, ids, delay(idleMilliseconds));
    const began = performance.now();
    const retention = { jobs: 30, text: 1, events: null, steps: null, calls: 400, removedIds: 365 };
    const run = cleanUp(galley.database.db, { retention, cause: "hand" });
    const busy = await readsUntil(galley, ids, run);
    const seconds = (performance.now() - began) / 1_000;
    const { removed, bytes } = await run;
    return {
      "reads while idle, p95 ms": idle,
      "reads while half is removed, p95 ms": busy,
      "the second by the first": busy / idle,
      "jobs removed": removed.jobs,
      "jobs removed a second": removed.jobs / seconds,
      "MB freed": bytes / 1e6,
    };
  } finally {
    await galley.close();
  }
}

/** Finished jobs with three events, a text, a step and a call each, half of them past retention. Returns ids of some that stay. */
async function prepare(galley: Galley, rows: number): Promise<string[]> {
  const { pool } = galley.database;
  // An age that is given later would count each of them again in the statistics.
  await fill(galley, rows, { daysBetween: 400 });
  await pool.query(`
    insert into generation_job_events (job_id, id, type, data)
    select job.id, n, case when n = 4 then 'text' else 'progress' end,
      case when n = 4 then jsonb_build_object('text', repeat(md5(job.id), 10))
        else '{"percentage": 40, "currentStep": "Writing 3 of 6 sections"}' end
    from generation_jobs job, generate_series(1, 4) as n`);
  await pool.query(`
    insert into generation_steps (job_id, phase, key, input_hash, output, attempt)
    select id, 'one', 'step', '', jsonb_build_object('text', repeat(md5(id), 10)), 1 from generation_jobs`);
  await pool.query(`
    insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, cost, started_at, finished_at)
    select gen_random_uuid(), id, tenant, 'one', 'step', 1, 'openai', 'large', 'succeeded', 0.005, started_at, completed_at
    from generation_jobs`);
  await pool.query("vacuum analyze");
  const { rows: kept } = await pool.query("select id from generation_jobs order by id desc limit 1000");
  return kept.map(({ id }) => id);
}

/** The p95 of the reads of some clients, in milliseconds, for as long as `end` takes. */
async function readsUntil({ url }: Galley, ids: string[], end: Promise<unknown>): Promise<number> {
  const times: number[] = [];
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (!isOver) {
        const began = performance.now();
        const answer = await fetch(`${url}/v1/jobs/${ids[Math.floor(Math.random() * ids.length)]}`);
        await answer.arrayBuffer();
        if (answer.status !== 200) throw new Error(`Answered with ${answer.status}.`);
        times.push(performance.now() - began);
        await delay(pauseMilliseconds);
      }
    }),
  );
  await over;
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
}
