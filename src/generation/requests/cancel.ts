import type { Transaction } from "../../db/commit/transact.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { applyTransition, type JobRow } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";

/** Cancels a job whose row the caller has locked, and stops the attempt that runs. Null if it was finished before. */
export async function cancelLocked(
  transaction: Transaction,
  { queue, catalogue }: { queue: Queue; catalogue: Catalogue },
  job: JobRow,
): Promise<JobRow | null> {
  const cancelled = await applyTransition(transaction, "cancel", { jobId: job.id }, { currentStep: "Cancelled" }, [
    { type: "cancelled", data: {} },
  ]);
  const phase = catalogue.phase(job.type, job.phase);
  if (cancelled && phase && job.queueJobId) {
    await queue.cancel(transaction, phase.queue, job.queueJobId);
    transaction.notice.cancel.push(job.queueJobId);
  }
  return cancelled;
}
