import { and, eq, lte, sql } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import { generationJobs, providerCalls } from "../../../db/schema/index.ts";
import { type EndedCall, endAbandonedCalls, endCalls } from "../../../money/ledger.ts";
import { createJobGroup } from "../../job/job-group.ts";
import { type JobTransaction, lockJob, presentJob, transactJobsPatiently } from "../../job/locked-jobs.ts";
import { writeSpending } from "../../job/store.ts";

/** Writes down how a call ended, however late that is known: the money is spent in any case. */
export type CloseCall = (call: EndedCall) => Promise<void>;

export function createCloseCall(db: Db): CloseCall {
  return createJobGroup<EndedCall, void>(db, { jobIdOf: ({ jobId }) => jobId }, async (transaction, calls) => {
    const spent = await endCalls(transaction.query, calls);
    for (const [jobId, spending] of spent) {
      writeSpending(transaction, jobId, spending);
      const parentId = presentJob(transaction, jobId)?.parentId;
      if (parentId) transaction.notice.families.spent.add(parentId);
    }
    return calls.map(() => undefined);
  });
}

/** Closes the calls of attempts whose worker is dead, at what they had reserved. The caller holds the job's lock. */
export async function closeAbandonedCalls(transaction: JobTransaction, jobId: string): Promise<void> {
  const spending = await endAbandonedCalls(transaction.query, jobId);
  if (spending) writeSpending(transaction, jobId, spending);
}

/**
 * Closes calls whose job has been finished for `callUnreportedAfterSeconds` while their worker never reported how they
 * ended, at what they had reserved. Returns how many jobs had such calls.
 */
export async function closeUnreportedCalls(db: Db, callUnreportedAfterSeconds: number): Promise<number> {
  const unreported = await db
    .selectDistinct({ jobId: generationJobs.id })
    .from(providerCalls)
    .innerJoin(generationJobs, eq(generationJobs.id, providerCalls.jobId))
    .where(
      and(
        eq(providerCalls.state, "started"),
        lte(generationJobs.completedAt, sql`now() - make_interval(secs => ${callUnreportedAfterSeconds})`),
      ),
    );
  for (const { jobId } of unreported) {
    await transactJobsPatiently(db, async (transaction) => {
      await lockJob(transaction, jobId);
      await closeAbandonedCalls(transaction, jobId);
    });
  }
  return unreported.length;
}
