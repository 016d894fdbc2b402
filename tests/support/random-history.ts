import type { TestDatabase } from "./database.ts";

/** A generator of numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ended = ["completed", "completed", "failed", "cancelled"] as const;
const codes = ["network", "timeout", "internal"] as const;

/** Jobs of three tenants and two types over some days, with phases and calls, in any status. Times are the database's. */
export async function insertHistory(
  { query }: Pick<TestDatabase, "query">,
  random: () => number,
  count: number,
  days = 30,
): Promise<void> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const { rows: clock } = await query<{ now: Date }>("select now() as now");
  const now = clock[0]?.now.getTime() ?? Number.NaN;
  const time = (millis: number) => new Date(millis).toISOString();
  const seconds = () => Math.exp(random() * 12 - 4);
  const jobs: object[] = [];
  const phases: object[] = [];
  const calls: object[] = [];
  for (let number = 0; number < count; number++) {
    const id = `job_${Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(32, "0")}`;
    const tenant = pick(["acme", "bread", "cups"]);
    // Most of them lately: each window has some.
    const createdAt = now - 1_000 - Math.min(days * 85_000_000, Math.exp(random() * Math.log(days * 86_400_000)));
    const startAfter = random() < 0.1 ? createdAt + 500 : null;
    const startedAt = Math.min(now, (startAfter ?? createdAt) + 1_000 * seconds() * 0.01);
    const isLive = random() < 0.05;
    const status = isLive ? "pending" : pick(ended);
    const endedAt = Math.min(now, startedAt + 1_000 * seconds());
    const hasStarted = status === "completed" || (status !== "pending" && random() < 0.8);
    jobs.push({
      id,
      tenant,
      type: pick(["relay", "other"]),
      status,
      phase: status === "completed" ? "completed" : hasStarted ? pick(["first", "second"]) : "queued",
      error_code: status === "failed" ? pick(codes) : null,
      attempts: hasStarted ? 1 + Math.floor(random() * 3) : 0,
      cost: random() < 0.1 ? null : (random() / 100).toFixed(6),
      created_at: time(createdAt),
      start_after: startAfter && time(startAfter),
      started_at: hasStarted ? time(startedAt) : null,
      completed_at: isLive ? null : time(endedAt),
      queue_job_id: isLive ? "00000000-0000-0000-0000-000000000000" : null,
    });
    for (const phase of status === "completed" ? ["first", "second"] : []) {
      phases.push({ job_id: id, phase, attempts: 1 + Math.floor(random() * 2), seconds: seconds() });
    }
    for (let made = 0; status !== "cancelled" && made < random() * 3; made++) {
      const at = time(Math.min(now, startedAt + 1_000 * seconds()));
      calls.push({
        job_id: id,
        tenant,
        model: pick(["large", "small"]),
        state: random() < 0.8 ? "succeeded" : "failed",
        cost: random() < 0.1 ? null : (random() / 100).toFixed(6),
        input_tokens: Math.floor(random() * 5_000),
        output_tokens: Math.floor(random() * 2_000),
        finished_at: at,
      });
    }
  }
  await query(
    `insert into generation_jobs (id, tenant, type, request_data, status, phase, percentage, current_step, error_code, attempts,
      cost, created_at, start_after, started_at, completed_at, queue_job_id, event_count)
    select id, tenant, type, '{"text": ""}', status, phase, case status when 'completed' then 100 else 0 end, '', error_code, attempts,
      cost, created_at, start_after, started_at, completed_at, queue_job_id, 1
    from jsonb_populate_recordset(null::generation_jobs, $1)`,
    [JSON.stringify(jobs)],
  );
  await query(
    `insert into generation_phases (job_id, phase, attempts, seconds)
    select job_id, phase, attempts, seconds from jsonb_populate_recordset(null::generation_phases, $1)`,
    [JSON.stringify(phases)],
  );
  await query(
    `insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, cost, input_tokens,
      output_tokens, started_at, finished_at)
    select gen_random_uuid(), job_id, tenant, 'first', '', 1, 'openai', model, state, cost, input_tokens, output_tokens, finished_at, finished_at
    from jsonb_populate_recordset(null::provider_calls, $1)`,
    [JSON.stringify(calls)],
  );
}
