import { byProcess } from "../../job/clock.ts";
import type { JobTransaction } from "../../job/locked-jobs.ts";
import type { ClaimedQueueJob } from "../../queue/phase-jobs.ts";
import type { Queue } from "../../queue/queue.ts";
import { closeAbandonedCalls } from "../steps/calls.ts";
import { applyLostEnding } from "./apply-ending.ts";
import type { LostEnding } from "./ending.ts";

/**
 * Writes the ending of an attempt that was lost with its worker, through the claim that holds its queue job: the one that
 * came after it, or its own if none came yet. The phase is sent once more, or the job has failed. Returns the ending with
 * its time by this machine's clock; null if `claimed` does not hold the queue job, and then nothing is written.
 */
export async function writeLostEnding(
  transaction: JobTransaction,
  queue: Queue,
  claimed: ClaimedQueueJob,
  ending: LostEnding,
): Promise<LostEnding | null> {
  const isFailed = ending.transition === "fail";
  const landed = isFailed
    ? await queue.fail(transaction, claimed.queue, claimed, ending.failure.code)
    : (await queue.complete(transaction, [claimed])).has(claimed.queueJobId);
  if (!landed) return null;
  const next = applyLostEnding(transaction, ending);
  if (next) await queue.send(transaction, [next]);
  await closeAbandonedCalls(transaction, claimed.jobId);
  return "at" in ending ? { ...ending, at: byProcess(transaction, ending.at) } : ending;
}
