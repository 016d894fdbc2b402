import type { Db } from "../../db/client.ts";
import { failFromDeadLetter } from "../attempt/dead-letter.ts";
import { transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";

/** Fails the jobs of up to `most` dead letters. Resolves with how many letters there were. */
export async function failDeadLetters({ db, queue }: { db: Db; queue: Queue }, most: number): Promise<number> {
  const letters = await queue.fetchDeadLetters(most);
  for (const letter of letters) {
    await transactJobs(db, (transaction) => failFromDeadLetter(transaction, queue, letter));
  }
  return letters.length;
}
