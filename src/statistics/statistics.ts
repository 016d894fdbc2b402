import type { Db } from "../db/client.ts";
import { type Backlog, countBacklog } from "./backlog.ts";
import { type CallCounts, type Calls, countCalls } from "./call-counts.ts";
import { type Failures, readFailures } from "./failures.ts";
import { type Times, timesOf } from "./histogram.ts";
import { countEnds, countJobs, type JobCount, type SpanCount } from "./job-counts.ts";
import { atOneMoment, type Counting } from "./snapshot.ts";
import { countTenants, type TenantCount } from "./tenants.ts";
import type { Window } from "./window.ts";

/** What jobs came to that were created, or have ended, in a window. */
export type Ends = {
  created: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Completed ones among those that completed or failed. Null without any. */
  successRate: number | null;
};

export type Statistics = Pick<Counting, "tenant" | "window" | "before" | "from" | "to" | "rolledUntil"> & {
  jobs: Ends & JobTimes;
  /** As `jobs`, of the window before. */
  jobsBefore: Ends;
  calls: Calls;
  types: (Ends & JobTimes & { type: string; calls: Calls | null })[];
  phases: { type: string; phase: string; seconds: Times; retries: number }[];
  failures: Failures[];
  backlog: Backlog[];
  models: CallCounts["byModel"];
  costs: CallCounts["bySpan"];
  /** Null for a single tenant. */
  tenants: TenantCount[] | null;
  spans: ({ start: Date } & Omit<Ends, "successRate">)[];
};

type JobTimes = {
  /** From the first start to completion, of those that completed. */
  processingSeconds: Times;
  /** From submission, or `startAfter`, to the first start. */
  waitSeconds: Times;
  /** Attempts of a phase after its first. */
  retries: number;
};

/**
 * Counts what happened over a window: exactly, percentiles apart (`percentileError`), and whatever was removed since.
 * `tenant` null: of all tenants.
 */
export async function readStatistics(db: Db, tenant: string | null, window: Window): Promise<Statistics> {
  return await atOneMoment(db, { tenant, window }, async (counting) => {
    const counts = await countJobs(counting);
    const { ends, spans } = await countEnds(counting);
    const calls = await countCalls(counting);
    const { before, from, to, rolledUntil } = counting;
    return {
      ...{ tenant, window, before, from, to, rolledUntil },
      jobs: { ...endsOf(counts), ...timesOfJobs(counts) },
      jobsBefore: endsOf(ends.filter(({ isBefore }) => isBefore)),
      calls: calls.all,
      types: typesOf(counts, calls),
      phases: phasesOf(counts),
      failures: await readFailures(counting, counts, ends),
      backlog: await countBacklog(counting),
      models: calls.byModel,
      costs: calls.bySpan,
      tenants: tenant === null ? await countTenants(counting) : null,
      spans: spansOf(spans, counting),
    };
  });
}

type Counted = Pick<JobCount, "measure" | "count">;

const total = (counts: readonly Counted[], measure: string): number =>
  counts.reduce((sum, one) => (one.measure === measure ? sum + one.count : sum), 0);

const countsOf = (counts: readonly Counted[]) => ({
  created: total(counts, "created"),
  completed: total(counts, "completed"),
  failed: total(counts, "failed"),
  cancelled: total(counts, "cancelled"),
});

function endsOf(counts: readonly Counted[]): Ends {
  const ends = countsOf(counts);
  const { completed, failed } = ends;
  return { ...ends, successRate: completed + failed > 0 ? completed / (completed + failed) : null };
}

function timesIn(counts: readonly JobCount[], measure: string): Times {
  const measured = counts.filter((one) => one.measure === measure);
  const seconds = measured.reduce((sum, { amount }) => sum + Number(amount), 0);
  return timesOf(
    measured.flatMap(({ histograms }) => histograms ?? []),
    seconds,
  );
}

const timesOfJobs = (counts: readonly JobCount[]): JobTimes => ({
  processingSeconds: timesIn(counts, "processing_seconds"),
  waitSeconds: timesIn(counts, "wait_seconds"),
  retries: total(counts, "retries"),
});

function typesOf(counts: readonly JobCount[], { byType }: CallCounts): Statistics["types"] {
  return [...Map.groupBy(counts, ({ type }) => type)]
    .map(([type, ofType]) => {
      const found = byType.find((one) => one.type === type);
      const calls = found ? (({ type: _, ...rest }) => rest)(found) : null;
      return { type, ...endsOf(ofType), ...timesOfJobs(ofType), calls };
    })
    .toSorted((a, b) => a.type.localeCompare(b.type));
}

function phasesOf(counts: readonly JobCount[]): Statistics["phases"] {
  const ofPhases = counts.filter(({ measure }) => measure === "phase_seconds" || measure === "retries");
  return [...Map.groupBy(ofPhases, ({ type, phase }) => `${type}.${phase}`).values()].map((ofPhase) => {
    const { type, phase } = ofPhase[0] as JobCount;
    return { type, phase, seconds: timesIn(ofPhase, "phase_seconds"), retries: total(ofPhase, "retries") };
  });
}

/** Every span of the window, those in which nothing happened too. */
function spansOf(counts: readonly SpanCount[], { from, to, window }: Counting): Statistics["spans"] {
  const byStart = Map.groupBy(counts, ({ start }) => start.getTime());
  const step = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[window.span];
  const spans: Statistics["spans"] = [];
  for (let start = from.getTime(); start <= to.getTime(); start += step) {
    spans.push({ start: new Date(start), ...countsOf(byStart.get(start) ?? []) });
  }
  return spans;
}
