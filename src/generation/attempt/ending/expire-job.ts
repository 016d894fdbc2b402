import { JobError } from "../../../errors.ts";
import type { Job } from "../../job/job.ts";
import type { JobTransaction } from "../../job/locked-jobs.ts";
import { applyTransition } from "../../job/store.ts";
import { describeFailure, failureFields } from "./failure.ts";

/** Whether a job should have begun by now and has not. `now`: the database's time. */
export const isExpired = ({ startedAt, startBefore }: Job, now: Date): boolean =>
  startedAt === null && startBefore !== null && startBefore <= now;

/** Fails a job that has expired. Null if it has another queue job meanwhile, or is finished. */
export function expireJob(transaction: JobTransaction, { id, queueJobId, phase }: Job): Job | null {
  if (queueJobId === null) return null;
  const error = describeFailure(new JobError("expired"), phase, 0);
  return applyTransition(
    transaction,
    "fail",
    { jobId: id, queueJobId },
    { ...failureFields(error), errorMessage: error.message, currentStep: "Failed" },
    [{ type: "failed", data: { error } }],
  );
}
