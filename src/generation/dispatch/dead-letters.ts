import type { Db } from "../../db/client.ts";
import type { Log } from "../../log/log.ts";
import { failFromDeadLetter } from "../attempt/dead-letter.ts";
import { transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";

/** Fails the jobs of up to `most` dead letters. Resolves with how many letters there were. */
export async function failDeadLetters(
  { db, queue, log }: { db: Db; queue: Queue; log: Log },
  most: number,
): Promise<number> {
  const letters = await queue.fetchDeadLetters(most);
  for (const letter of letters) {
    const failed = await transactJobs(db, (transaction) => failFromDeadLetter(transaction, queue, letter));
    if (failed)
      log.info({ event: "fail", job: failed.id, type: failed.type, phase: failed.phase, code: failed.errorCode });
  }
  return letters.length;
}
