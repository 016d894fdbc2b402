import type { Db } from "../../db/client.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { type Job, waitsFor, wantsChildren } from "../job/job.ts";
import { type JobTransaction, lockJob, transactJobs } from "../job/locked-jobs.ts";
import { atLeast, percentageAt } from "../job/progress/percentage.ts";
import { followChildren } from "../job/store.ts";
import { isFinished } from "../job/transitions.ts";
import type { Queue } from "../queue/queue.ts";
import { queueOfJob } from "../queue/queue-of-job.ts";
import { cancelChildren } from "./cancel.ts";
import { type FamilySum, sumUpFamily } from "./children.ts";

export type FamilyParts = { db: Db; queue: Queue; catalogue: Catalogue };

/**
 * Brings a job in line with the jobs that it has spawned: their cost and their progress count into it, it goes on when the last
 * of them has ended, and they end with it. Safe at any time, in any number of processes.
 */
export async function settleFamily(
  parts: FamilyParts,
  jobId: string,
  { isOver }: { isOver: boolean },
): Promise<void> {
  await transactJobs(parts.db, async (transaction) => {
    const parent = await lockJob(transaction, jobId);
    if (!parent) return;
    if (isOver && isFinished(parent.status)) await cancelChildren(transaction, parts, [jobId]);
    const family = await sumUpFamily(transaction.query, jobId);
    const goesOn = waitsFor(parent, wantsChildren) && family.live === 0;
    const { percentage, currentStep } = progressOf(parts, parent, family);
    const hasMoved = percentage !== parent.percentage || currentStep !== parent.currentStep;
    followChildren(
      transaction,
      jobId,
      {
        childrenCost: family.cost,
        percentage,
        currentStep,
        ...(goesOn && { waitingFor: null, nextAttemptAt: null }),
      },
      hasMoved ? [{ type: "progress", data: { percentage, currentStep } }] : [],
    );
    if (family.cost !== parent.childrenCost && parent.parentId)
      transaction.notice.families.spent.add(parent.parentId);
    if (goesOn) await letGo(transaction, parts, parent);
  });
}

/** Where the job is while it waits for its children. */
function progressOf({ catalogue }: FamilyParts, job: Job, { ended, total, done }: FamilySum) {
  const phase = catalogue.phase(job.type, job.phase);
  if (!phase || !waitsFor(job, wantsChildren)) return job;
  return {
    percentage: atLeast(job, percentageAt(phase.percentage, done, 100 * total)),
    currentStep: `${phase.label}: ${ended} of ${total} jobs have ended`,
  };
}

async function letGo(transaction: JobTransaction, parts: FamilyParts, job: Job): Promise<void> {
  const name = await queueOfJob(transaction, parts, job);
  if (name) await parts.queue.letGo(transaction, name, job);
}
