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
};

/** `refused`: with what stands against it. `isMore`: there are others. */
export type ResumedJobs = {
  resumed: string[];
  refused: { jobId: string; code: RequestErrorCode; detail: string }[];
  isMore: boolean;
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
  const ids = found.slice(0, mostAtOnce);
  const all: ResumedJobs = { resumed: [], refused: [], isMore: found.length > mostAtOnce };
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

async function findFailed(db: Db, tenant: string, { code, phase, type, window }: FailedJobs): Promise<string[]> {
  const { rows } = await asTenant(db, tenant, ({ tx }) =>
    tx.execute<{ id: string }>(sql`
      select id from generation_jobs
      where status = 'failed' and completed_at >= ${beginningOf(window)} and tenant = ${tenant} and error_code = ${code}
        and phase = coalesce(${phase ?? null}, phase) and type = coalesce(${type ?? null}, type)
      order by completed_at desc limit ${mostAtOnce + 1}`),
  );
  return rows.map(({ id }) => id);
}
