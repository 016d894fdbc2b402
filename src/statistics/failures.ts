import { sql } from "drizzle-orm";
import type { JobErrorCode } from "../errors.ts";
import type { EndCount, JobCount } from "./job-counts.ts";
import { type Counting, millis } from "./snapshot.ts";

/** The jobs that failed at one phase with one code. */
export type Failures = {
  type: string;
  phase: string;
  code: JobErrorCode;
  jobs: number;
  /** In the window before. */
  jobsBefore: number;
  /** USD that they cost, of those whose cost is known. */
  cost: string;
  unpriced: number;
  /** The latest that is there and still failed. Null if there is none. */
  last: { jobId: string; at: Date } | null;
};

/** The kinds of failures in the window, the most frequent first. */
export async function readFailures(
  counting: Counting,
  counts: readonly JobCount[],
  ends: readonly EndCount[],
): Promise<Failures[]> {
  const failed = counts.filter(({ measure }) => measure === "failed");
  const [now, before] = [ends.filter(({ isBefore }) => !isBefore), ends.filter(({ isBefore }) => isBefore)];
  const last = await findLast(
    counting,
    now.filter(({ measure }) => measure === "failed"),
  );
  return failed
    .map((kind) => ({
      ...{ type: kind.type, phase: kind.phase, code: kind.code as JobErrorCode },
      ...{ jobs: kind.count, jobsBefore: before.find(isLike(kind))?.count ?? 0 },
      ...{ cost: kind.amount, unpriced: kind.unpriced, last: lastOf(last.find(isLike(kind))) },
    }))
    .toSorted((a, b) => b.jobs - a.jobs);
}

type Kind = Pick<EndCount, "type" | "phase" | "code">;
type Last = Kind & { jobId: string; at: number };

const isLike = (kind: Kind & { measure?: string }) => (one: Kind & { measure?: string }) =>
  one.type === kind.type &&
  one.phase === kind.phase &&
  one.code === kind.code &&
  (one.measure ?? kind.measure) === kind.measure;

const lastOf = (found: Last | undefined) => (found ? { jobId: found.jobId, at: new Date(found.at) } : null);

/** The latest job of each kind: it is in the last span that counts one, or was removed. */
async function findLast({ tx, tenant, window }: Counting, kinds: readonly EndCount[]): Promise<Last[]> {
  const isOwn = tenant === null ? sql`true` : sql`job.tenant = ${tenant}`;
  const { rows } = await tx.execute<Last>(sql`
    select kind.type, kind.phase, kind.code, last.id as "jobId", ${millis("last.completed_at")} as at
    from json_to_recordset(${JSON.stringify(kinds)}) as kind (type text, phase text, code text, latest timestamptz)
    cross join lateral (
      select id, completed_at from generation_jobs job
      where status = 'failed' and completed_at >= latest and completed_at < latest + ${`1 ${window.span}`}::interval
        and (job.type, job.phase, job.error_code) = (kind.type, kind.phase, kind.code) and ${isOwn}
      order by completed_at desc limit 1
    ) as last`);
  return rows;
}
