import { sql } from "drizzle-orm";
import { openTypicalTimes } from "../../../src/generation/job/progress/typical-times.ts";
import { rollUp } from "../../../src/generation/upkeep/roll-up.ts";
import { createLog } from "../../../src/log/log.ts";
import { type Galley, startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { pipelineContenders } from "./pipelines.ts";
import { noop } from "./support/noop.ts";
import { median } from "./support/rounds.ts";

/** Milliseconds of reads, and pipelines a second, over so many finished jobs. */
export async function growthFigures(
  url: string,
  rows: readonly number[],
  jobs: number,
): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const count of rows) {
    const config = readConfig({ DATABASE_URL: url, PORT: "0", ROLES: "api", DATABASE_TIMEOUT_SECONDS: "3600" });
    const galley = await startGalley(config, { jobTypes: [noop], log: createLog("silent") });
    await fill(galley, count);
    for (const [name, read] of Object.entries(reads(galley))) {
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const began = performance.now();
        await read();
        times.push(performance.now() - began);
      }
      figures[`${name}, ${count} jobs, ms`] = median(times);
    }
    await galley.close();
    const [pipelines] = pipelineContenders(url, jobs, 250, { keepJobs: true });
    figures[`pipelines a second, 250 slots, ${count} jobs`] = (await pipelines?.run()) ?? Number.NaN;
  }
  return figures;
}

function reads({ service, catalogue, database: { db } }: Galley): Record<string, () => Promise<unknown>> {
  const list = (filter: object) => service.list("local", { limit: 20, ...filter });
  return {
    "list by status": () => list({ status: "failed" }),
    "list by type": () => list({ type: "recipe" }),
    "list by a tag that no job has": () => list({ tag: "never" }),
    "list by a text that no job has": () => list({ q: "never" }),
    "the view of statistics": () => db.execute(sql`select * from generation_job_stats`),
    "the typical duration": () => openTypicalTimes(db, catalogue, createLog("silent")),
  };
}

/** Finished jobs of three types over some months, with tags, one in twenty failed; the first half of them `daysBetween` days older. */
export async function fill(
  { database: { pool, db } }: Galley,
  count: number,
  { daysBetween = 0 }: { daysBetween?: number } = {},
): Promise<void> {
  await pool.query("truncate generation_jobs, generation_job_events, generation_phases, generation_steps");
  await pool.query(
    `insert into generation_jobs (id, type, request_data, status, phase, percentage, current_step, created_at, started_at,
       completed_at, event_count, error_code, tags)
     select 'job_' || lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19),
       (array['article', 'noop', 'recipe'])[1 + n % 3],
       jsonb_build_object('topic', jsonb_build_object('title', 'How to choose bike number ' || n)),
       case when n % 20 = 0 then 'failed' else 'completed' end, case when n % 20 = 0 then 'writing' else 'completed' end,
       case when n % 20 = 0 then 40 else 100 end, 'Done', at, at, at + interval '30 seconds', 12,
       case when n % 20 = 0 then 'internal' end, case when n % 2 = 0 then array['common'] else '{}' end
     from generate_series(1, $1::integer) as n, lateral (
       select now() - make_interval(days => case when n <= $1 / 2 then $2::integer else 0 end, secs => 5.0 * ($1 - n) + 60) as at
     ) as time`,
    [count, daysBetween],
  );
  await pool.query("vacuum analyze generation_jobs");
  await rollUp(db);
}
