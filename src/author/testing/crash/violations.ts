import type pg from "pg";
import type { JobEvent } from "../../../generation/history/events.ts";
import type { Status } from "../../../generation/job/transitions.ts";
import type { JobType } from "../../define.ts";
import { walkHistory } from "./history.ts";

type Query = pg.Client["query"];

/**
 * Everything in the database that contradicts "nothing lost, nothing paid twice, nothing stuck", a line each.
 * When nothing runs any more. `jobId`: looks at this job alone.
 */
export async function findViolations(query: Query, type: JobType, jobId?: string): Promise<string[]> {
  const found: string[] = [];
  for (const [what, select] of Object.entries(rules)) {
    const { rows } = await query<{ id: string; fact: unknown }>(
      `with type as (select $2::text[] as optional_phases)
       select id, fact from (${select}) as found where $1::text is null or id = $1`,
      [jobId ?? null, type.phases.filter(({ when }) => when).map(({ name }) => name)],
    );
    found.push(...rows.map(({ id, fact }) => `${id}: ${what} (${fact})`));
  }
  return [...found, ...(await findImpossibleHistories(query, type, jobId))];
}

const rules: Record<string, string> = {
  "is still live": `
    select id, status as fact from generation_jobs where status in ('pending', 'processing')`,

  "has events that are not numbered 1 to n": `
    select job.id, string_agg(event.id::text, ',' order by event.id) as fact
    from generation_jobs job left join generation_job_events event on event.job_id = job.id
    group by job.id
    having count(event.id) <> job.event_count or min(event.id) <> 1 or max(event.id) <> job.event_count`,

  "is finished, but something waits or runs for it in the queue": `
    select job.id, queued.name || ' ' || queued.state as fact
    from generation_jobs job join galley_queue.job queued on queued.data->>'jobId' = job.id
    where job.status in ('completed', 'failed', 'cancelled') and queued.state in ('created', 'retry', 'active')
      and queued.name <> 'dead_letter'`,

  "took more attempts than it had": `
    select id, attempts || ' of ' || max_attempts as fact from generation_jobs where attempts > max_attempts`,

  "has other articles than its row names": `
    select job.id, count(article.id) as fact
    from generation_jobs job join articles article on article.job_id = job.id
    group by job.id
    having count(article.id) > 1 or bool_or(article.id is distinct from job.article_id)
      or (job.status <> 'completed' and job.phase <> all (select unnest(optional_phases) from type))`,

  "has a step with more than one output": `
    select job_id as id, phase || ' ' || key as fact from generation_steps
    group by job_id, phase, key having count(*) > 1`,

  "paid again for a step whose output was kept": `
    select call.job_id as id, call.phase || ' ' || call.step as fact
    from provider_calls call
    join generation_steps step on (step.job_id, step.phase, step.key) = (call.job_id, call.phase, call.step)
    where call.started_at > step.created_at`,

  "has a call that never ended": `
    select job_id as id, phase || ' ' || step || ', attempt ' || attempt as fact
    from provider_calls where state = 'started'`,

  "has another day than its calls come to": `
    select tenants.id, used_usd || ' instead of ' || sums.used as fact
    from tenants cross join lateral (
      select coalesce(sum(coalesce(cost, reserved_cost)), 0) as used from provider_calls
      where tenant = tenants.id and (started_at at time zone 'UTC')::date = tenants.used_day
    ) as sums
    where daily_budget_usd is not null and used_day is not null and used_usd <> sums.used`,

  "costs something else than its calls": `
    select job.id, job.cost || ' instead of ' || sums.cost as fact
    from generation_jobs job
    cross join lateral (
      select case when bool_or(cost is null) then null else coalesce(sum(cost), 0) end as cost,
        coalesce(sum(input_tokens), 0) as input, coalesce(sum(output_tokens), 0) as output
      from provider_calls where job_id = job.id
    ) as sums
    where (job.cost, job.input_tokens, job.output_tokens) is distinct from (sums.cost, sums.input, sums.output)`,
};

async function findImpossibleHistories(query: Query, { phases }: JobType, jobId?: string): Promise<string[]> {
  const names = phases.map(({ name }) => name);
  const { rows } = await query<{
    id: string;
    status: Status;
    attempts: number;
    outputs: { phase: string; attempts: number }[];
    events: JobEvent[];
    steps: Record<string, unknown> | null;
  }>(
    `select id, status, attempts,
      (select coalesce(jsonb_agg(jsonb_build_object('phase', kept.phase, 'attempts', kept.attempts) order by completed_at), '[]')
        from generation_phases kept where job_id = job.id) as outputs,
      (select coalesce(jsonb_agg(to_jsonb(event) order by event.id), '[]')
        from generation_job_events event where job_id = job.id) as events,
      (select jsonb_object_agg(step.phase || ' ' || step.key, step.output)
        from generation_steps step where job_id = job.id) as steps
    from generation_jobs job where $1::text is null or id = $1`,
    [jobId ?? null],
  );
  return rows.flatMap(({ id, status, attempts, outputs, events, steps }) => {
    const history = walkHistory(events, names, { optional: phases.at(-1)?.when !== undefined });
    const found = [...history.violations];
    if (history.status !== status) found.push(`is ${status}, but its events say ${history.status}`);
    const completed = events.filter((event) => event.type === "phase_completed");
    const told = completed.map(({ data }) => `${data.phase} ${data.attempt}`);
    const kept = outputs.map((output) => `${output.phase} ${output.attempts}`);
    if (told.join() !== kept.join()) found.push(`kept the phases ${kept}, but told of ${told}`);
    const counted = status === "completed" ? completed.at(-1)?.data.attempt : history.attempts;
    if (status !== "failed" && attempts !== counted)
      found.push(`counts ${attempts} attempts, but told of ${counted}`);
    for (const [step, text] of history.texts) {
      if (text !== steps?.[step]) found.push(`streamed another text for ${step} than it kept`);
    }
    return found.map((what) => `${id}: ${what}`);
  });
}
