import type { TestDatabase } from "./database.ts";

type Phase = { phase: string; attempts: number; seconds: number };

/** A job as its rows tell it, with its phases. */
export type KnownJob = {
  id: string;
  tenant: string;
  type: string;
  status: string;
  phase: string;
  code: string | null;
  attempts: number;
  cost: number | null;
  createdAt: number;
  startAfter: number | null;
  startedAt: number | null;
  completedAt: number | null;
  phases: Phase[];
};

export type KnownCall = {
  id: string;
  tenant: string;
  type: string;
  model: string;
  state: string;
  cost: number | null;
  input: number;
  output: number;
  endedAt: number | null;
};

/** All jobs and calls that ever were, as they were last seen: statistics outlive them. */
export type Known = { jobs: Map<string, KnownJob>; calls: Map<string, KnownCall> };

const millis = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

/** Reads every row, on top of what is known. */
export async function look({ query }: Pick<TestDatabase, "query">, known: Known): Promise<void> {
  const jobs = await query<KnownJob>(`
    select id, tenant, type, status, phase, error_code as code, attempts, cost::float8,
      ${millis("created_at")} as "createdAt", ${millis("start_after")} as "startAfter",
      ${millis("started_at")} as "startedAt", ${millis("completed_at")} as "completedAt",
      (select coalesce(json_agg(json_build_object('phase', phase, 'attempts', attempts, 'seconds', seconds)), '[]')
        from generation_phases where job_id = job.id) as phases
    from generation_jobs job`);
  for (const job of jobs.rows) known.jobs.set(job.id, job);
  const calls = await query<KnownCall & { jobId: string }>(`
    select id, job_id as "jobId", tenant, model, state, cost::float8, input_tokens as input, output_tokens as output,
      ${millis("finished_at")} as "endedAt"
    from provider_calls`);
  for (const { jobId, ...call } of calls.rows) {
    known.calls.set(call.id, { ...call, type: known.jobs.get(jobId)?.type ?? "" });
  }
}

const count = <T>(rows: readonly T[], holds: (row: T) => boolean) => rows.filter(holds).length;
const sum = (numbers: readonly (number | null)[]) => numbers.reduce<number>((total, one) => total + (one ?? 0), 0);

/** The time at its rank among all, and their mean. */
export function exactTimes(seconds: readonly number[]) {
  const ordered = seconds.toSorted((a, b) => a - b);
  const at = (part: number) => ordered[Math.ceil(ordered.length * part) - 1] ?? null;
  const mean = ordered.length > 0 ? sum(ordered) / ordered.length : null;
  return { count: ordered.length, mean, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

const retriesOf = ({ phases, status, attempts }: KnownJob) =>
  sum(phases.map((phase) => phase.attempts - 1)) + (status === "completed" ? 0 : Math.max(0, attempts - 1));

/** Counts one row after the other. Times are milliseconds; `tenant` null: all. */
export function recount({ jobs, calls }: Known, tenant: string | null, from: number, to: number) {
  const isIn = (time: number | null) => time !== null && time >= from && time <= to;
  const own = [...jobs.values()].filter((job) => tenant === null || job.tenant === tenant);
  const ended = own.filter(({ completedAt }) => isIn(completedAt));
  const ownCalls = [...calls.values()].filter(
    (call) => (tenant === null || call.tenant === tenant) && isIn(call.endedAt),
  );
  const endsOf = (type?: string) => {
    const isOf = (job: KnownJob) => type === undefined || job.type === type;
    const [completed, failed, cancelled] = ["completed", "failed", "cancelled"].map((status) =>
      count(ended, (job) => isOf(job) && job.status === status),
    ) as [number, number, number];
    return {
      created: count(own, (job) => isOf(job) && isIn(job.createdAt)),
      ...{ completed, failed, cancelled },
      successRate: completed + failed > 0 ? completed / (completed + failed) : null,
    };
  };
  const callsOf = (some: readonly KnownCall[]) => ({
    calls: some.length,
    unanswered: count(some, ({ state }) => state !== "succeeded"),
    input: sum(some.map(({ input }) => input)),
    output: sum(some.map(({ output }) => output)),
    cost: sum(some.map(({ cost }) => cost)).toFixed(6),
    unpriced: count(some, ({ cost }) => cost === null),
  });
  const kinds = Map.groupBy(
    ended.filter(({ status }) => status === "failed"),
    ({ type, phase, code }) => `${type} ${phase} ${code}`,
  );
  return {
    ends: endsOf(),
    endsOf,
    retries: sum(ended.map(retriesOf)),
    processing: exactTimes(
      ended
        .filter(({ status }) => status === "completed")
        .map(({ startedAt, completedAt }) => ((completedAt ?? 0) - (startedAt ?? 0)) / 1000),
    ),
    waits: exactTimes(
      ended.flatMap(({ createdAt, startAfter, startedAt }) =>
        startedAt === null ? [] : [(startedAt - Math.max(createdAt, startAfter ?? 0)) / 1000],
      ),
    ),
    phaseSeconds: Map.groupBy(
      ended.flatMap(({ type, phases }) =>
        phases.map(({ phase, seconds }) => ({ name: `${type}.${phase}`, seconds })),
      ),
      ({ name }) => name,
    ),
    failures: new Map(
      [...kinds].map(([kind, failed]) => [
        kind,
        {
          jobs: failed.length,
          cost: sum(failed.map(({ cost }) => cost)).toFixed(6),
          unpriced: count(failed, ({ cost }) => cost === null),
          ids: failed.toSorted((a, b) => (b.completedAt ?? 0) - (a.completedAt ?? 0)).map(({ id }) => id),
        },
      ]),
    ),
    calls: callsOf(ownCalls),
    /** By span, type and model. */
    costsBy: (span: "minute" | "hour" | "day") =>
      Object.fromEntries(
        [
          ...Map.groupBy(
            ownCalls,
            ({ endedAt, type, model }) => `${beginningOf(endedAt ?? 0, span)} ${type} ${model}`,
          ),
        ].map(([place, some]) => {
          const { cost, unpriced } = callsOf(some);
          return [place, { cost, unpriced }];
        }),
      ),
    callsBy: (key: "type" | "model") =>
      Object.fromEntries(
        [...Map.groupBy(ownCalls, (call) => call[key])].map(([name, some]) => [name, callsOf(some)]),
      ),
  };
}

const beginningOf = (time: number, span: "minute" | "hour" | "day"): string => {
  const length = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[span];
  return new Date(Math.floor(time / length) * length).toISOString();
};
