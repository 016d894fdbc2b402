import type { Transaction } from "../../db/commit/transact.ts";
import type { Catalogue } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import type { Queue } from "./queue.ts";

/** The queue of a live job. */
export async function queueOfJob(
  transaction: Transaction,
  { queue, catalogue }: { queue: Queue; catalogue: Catalogue },
  { type, phase, queueJobId }: Pick<Job, "type" | "phase" | "queueJobId">,
): Promise<string | null> {
  // While a release is rolled out, a worker may know a type or phase that this process does not.
  return catalogue.phase(type, phase)?.queue ?? (queueJobId && (await queue.queueOf(transaction, queueJobId)));
}
