import { rollUp } from "../../../src/generation/upkeep/roll-up.ts";
import { createLog } from "../../../src/log/log.ts";
import { type Galley, startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { noop } from "./support/noop.ts";
import { median } from "./support/rounds.ts";

const windows = ["15m", "24h", "3d", "7d", "30d", "180d"];
const asked = windows.flatMap((window) => [
  { name: `${window}, one tenant, ms`, path: `/v1/stats?window=${window}` },
  { name: `${window}, all tenants, ms`, path: `/v1/stats?window=${window}&tenants=all` },
]);

/** Milliseconds of `GET /v1/stats` and `/v1/database` over so many finished jobs of five phases and two calls each, and of their roll-up. */
export async function statisticsFigures(url: string, rows: number): Promise<Record<string, number>> {
  const config = readConfig({ DATABASE_URL: url, PORT: "0", ROLES: "api", DATABASE_TIMEOUT_SECONDS: "3600" });
  const galley = await startGalley(config, { jobTypes: [noop], log: createLog("silent") });
  try {
    await fill(galley, rows);
    const began = performance.now();
    await rollUp(galley.database.db);
    const figures: Record<string, number> = { "roll-up of all, s": (performance.now() - began) / 1_000 };
    await galley.database.pool.query("vacuum analyze");
    const { rows: counted } = await galley.database.pool.query(
      "select (select count(*) from generation_job_counts) + (select count(*) from provider_call_counts) as rows",
    );
    figures["rows that hold it"] = Number(counted[0].rows);
    for (const { name, path } of [...asked, { name: "the database's health, ms", path: "/v1/database" }]) {
      const times: number[] = [];
      for (let round = 0; round < 9; round++) {
        const began = performance.now();
        const answer = await fetch(`${galley.url}${path}`);
        await answer.arrayBuffer();
        if (answer.status !== 200) throw new Error(`Answered with ${answer.status}.`);
        times.push(performance.now() - began);
      }
      figures[name] = median(times);
    }
    return figures;
  } finally {
    await galley.close();
  }
}

/** Jobs of three types and four tenants, one in five seconds, of durations that differ a hundredfold; one in twenty failed. */
async function fill({ database: { pool } }: Galley, count: number): Promise<void> {
  await pool.query(
    `insert into generation_jobs (id, type, tenant, request_data, status, phase, percentage, current_step, attempts, created_at,
      started_at, completed_at, event_count, error_code, cost)
    select 'job_' || lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19),
      (array['article', 'noop', 'recipe'])[1 + n % 3], (array['local', 'local', 'acme', 'bread', 'cups'])[1 + n % 5], '{}',
      case when n % 20 = 0 then 'failed' else 'completed' end, case when n % 20 = 0 then 'three' else 'completed' end,
      case when n % 20 = 0 then 40 else 100 end, 'Done', 1, at, at + make_interval(secs => exp(random() * 4 - 2)),
      at + make_interval(secs => exp(random() * 4.6) * 8), 12,
      case when n % 20 = 0 then (array['network', 'timeout', 'internal'])[1 + n % 3] end, 0.01
    from generate_series(1, $1::integer) as n, lateral (select now() - make_interval(secs => 5.0 * ($1 - n) + 900) as at) as time`,
    [count],
  );
  await pool.query(`
    insert into generation_phases (job_id, phase, attempts, seconds, completed_at)
    select id, name, case when random() < 0.1 then 2 else 1 end, exp(random() * 4.6), completed_at
    from generation_jobs, unnest(array['one', 'two', 'three', 'four', 'five']) as name where status = 'completed'`);
  await pool.query(`
    insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, cost, input_tokens, output_tokens,
      started_at, finished_at)
    select gen_random_uuid(), id, tenant, 'one', '', 1, 'openai', name, 'succeeded', 0.005, 1000, 500, started_at, completed_at
    from generation_jobs, unnest(array['large', 'small']) as name`);
  await pool.query("vacuum analyze");
}
