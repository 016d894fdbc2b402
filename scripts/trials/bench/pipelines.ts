import { setTimeout as delay } from "node:timers/promises";
import { createLog } from "../../../src/log/log.ts";
import { type Galley, startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { noop } from "./support/noop.ts";
import { openRawQueue, runByWork, runInBatches } from "./support/raw-queue.ts";
import { type Contender, inParallel } from "./support/rounds.ts";

const submitters = 50;

/** Jobs of five empty phases a second, from the first submission to the last end: Galley, and pg-boss alone. */
export function pipelineContenders(
  url: string,
  jobs: number,
  slots: number,
  { keepJobs = false }: { keepJobs?: boolean } = {},
): Contender[] {
  return [
    { name: `galley, ${slots} slots`, run: () => galleyPipelines(url, jobs, slots, keepJobs) },
    { name: `pg-boss in batches of ${slots}`, run: () => rawPipelines(url, jobs, slots) },
  ];
}

export function workContender(url: string, jobs: number, slots: number): Contender {
  return {
    name: `pg-boss work(), ${slots} handlers`,
    run: () => withRawQueue(url, jobs, (boss) => runByWork(boss, jobs, slots)),
  };
}

async function galleyPipelines(url: string, jobs: number, slots: number, keepJobs: boolean): Promise<number> {
  const settings = { DATABASE_URL: url, PORT: "0", WORKER_CONCURRENCY: String(slots) };
  const galley = await startGalley(readConfig(settings), { jobTypes: [noop], log: createLog("silent") });
  try {
    if (!keepJobs) {
      await galley.database.pool.query(
        "truncate generation_jobs, generation_job_events, generation_phases, generation_steps",
      );
    }
    return await pipelinesPerSecond(galley, jobs);
  } finally {
    await galley.close();
  }
}

/** Submits the jobs through this process, waits for their ends, and checks that each was done as it should be. */
export async function pipelinesPerSecond(galley: Galley, jobs: number): Promise<number> {
  const { rows } = await galley.database.pool.query("select now() as now");
  const began = performance.now();
  await inParallel(jobs, submitters, () => galley.service.submit("local", { type: noop.type, input: {} }));
  while (await isAnyLive(galley)) await delay(10);
  const seconds = (performance.now() - began) / 1000;
  await check(galley, jobs, rows[0].now);
  return jobs / seconds;
}

const rawPipelines = (url: string, jobs: number, batchSize: number): Promise<number> =>
  withRawQueue(url, jobs, (boss) => runInBatches(boss, jobs, batchSize));

async function withRawQueue(
  url: string,
  jobs: number,
  run: (boss: Awaited<ReturnType<typeof openRawQueue>>["boss"]) => Promise<void>,
): Promise<number> {
  const queue = await openRawQueue(url, "raw");
  try {
    const began = performance.now();
    await Promise.all([inParallel(jobs, submitters, () => queue.boss.send("one", {})), run(queue.boss)]);
    const seconds = (performance.now() - began) / 1000;
    await queue.check(jobs);
    return jobs / seconds;
  } finally {
    await queue.close();
  }
}

async function isAnyLive({ database: { pool } }: Galley): Promise<boolean> {
  const { rowCount } = await pool.query(
    "select from generation_jobs where status in ('pending', 'processing') limit 1",
  );
  return rowCount === 1;
}

/** Every job completed once, with every event in order, and nothing of it is left in the queue. */
async function check({ database: { pool } }: Galley, jobs: number, since: Date): Promise<void> {
  const { rows } = await pool.query(
    `
    select count(*)::integer as right from generation_jobs job
    where created_at >= $1 and status = 'completed' and event_count = 12 and attempts = 1
      and (select array_agg(id order by id) from generation_job_events where job_id = job.id)
        = (select array_agg(n) from generate_series(1, 12) as n)
      and (select count(*) from generation_phases where job_id = job.id) = 5`,
    [since],
  );
  if (rows[0].right !== jobs) throw new Error(`${rows[0].right} of ${jobs} jobs were done as they should be.`);
}
