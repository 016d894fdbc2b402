import { sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { asTenant } from "../../db/rights/tenant-role.ts";
import type { JobErrorCode, RequestErrorCode } from "../../errors.ts";
import { beginningOf, type Window } from "../../statistics/window.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { lockJobs, transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { resumeAllLocked } from "./resume.ts";

/** The jobs that failed in the window with this code, at this phase and of this type if they are named. */
export type FailedJobs = {
  code: JobErrorCode;
  phase?: string | undefined;
  type?: string | undefined;
  window: Window;
  /** Those behind the last one of the request before: what fails again meanwhile is not met again. */
  after?: string | undefined;
};

/** `refused`: with what stands against it. `after`: where the rest begins; null if there is none. */
export type ResumedJobs = {
  resumed: string[];
  refused: { jobId: string; code: RequestErrorCode; detail: string }[];
  after: string | null;
};

const mostAtOnce = 1_000;
// Few enough that a submission, which takes its tenant's turn too, waits for a moment only.
const inOneTransaction = 100;

/** Resumes a tenant's failed jobs of one kind, up to 1,000, the latest first: each as `resume` does it alone, or not at all. */
export async function resumeFailed(
  parts: { db: Db; queue: Queue; catalogue: Catalogue },
  tenant: string,
  kind: FailedJobs,
  maxCostUsd?: string,
): Promise<ResumedJobs> {
  const found = await findFailed(parts.db, tenant, kind);
  const ids = found.slice(0, mostAtOnce).map(({ id }) => id);
  const after = found.length > mostAtOnce ? (found[mostAtOnce - 1]?.place ?? null) : null;
  const all: ResumedJobs = { resumed: [], refused: [], after };
  for (let from = 0; from < ids.length; from += inOneTransaction) {
    const done = await transactJobs(parts.db, async (transaction) => {
      const locked = await lockJobs(transaction, ids.slice(from, from + inOneTransaction));
      // Meanwhile another request may have resumed one.
      const jobs = [...locked.values()].filter(({ status }) => status === "failed");
      const refusals = await resumeAllLocked(transaction, parts, jobs, maxCostUsd);
      return jobs.map(({ id }, index) => ({ id, refusal: refusals[index] }));
    });
    for (const { id, refusal } of done) {
      if (refusal) all.refused.push({ jobId: id, code: refusal.code, detail: refusal.message });
      else all.resumed.push(id);
    }
  }
  return all;
}

type Found = { id: string; place: string };

async function findFailed(db: Db, tenant: string, kind: FailedJobs): Promise<Found[]> {
  const { code, phase, type, window, after } = kind;
  const [microseconds, lastId] = after?.split(".") ?? [];
  const isBehind = after
    ? sql`(completed_at, id) < (timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond', ${lastId})`
    : sql`true`;
  const { rows } = await asTenant(db, tenant, ({ tx }) =>
    tx.execute<Found>(sql`
      select id, (extract(epoch from completed_at) * 1000000)::bigint || '.' || id as place from generation_jobs
      where status = 'failed' and completed_at >= ${beginningOf(window)} and tenant = ${tenant} and error_code = ${code}
        and phase = coalesce(${phase ?? null}, phase) and type = coalesce(${type ?? null}, type) and ${isBehind}
      order by completed_at desc, id desc limit ${mostAtOnce + 1}`),
  );
  return rows;
}
