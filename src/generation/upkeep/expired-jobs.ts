import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";
import { expireJob, isExpired } from "../attempt/ending/expire-job.ts";
import { type JobTransaction, lockJobs, transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";

const batchSize = 500;

/**
 * Fails the jobs that have not begun by the time that was set for them. A worker that claims one sees it by itself; this is
 * for those that none claims. Returns how many there were.
 */
export async function expireJobs(db: Db, queue: Queue): Promise<number> {
  const query = queryWith(db.$client, db.$client.session);
  let expired = 0;
  for (;;) {
    const found = await query<{ id: string }>(late, [batchSize]);
    const ids = found.map(({ id }) => id);
    const count = await transactJobs(db, (transaction) => expire(transaction, queue, ids));
    expired += count;
    // Those that remain are being begun by a worker at this moment, or have their turn in the next minute.
    if (found.length < batchSize || count === 0) return expired;
  }
}

async function expire(transaction: JobTransaction, queue: Queue, ids: readonly string[]): Promise<number> {
  const jobs = await lockJobs(transaction, ids);
  let count = 0;
  for (const job of jobs.values()) {
    if (!isExpired(job, transaction.now) || !expireJob(transaction, job) || !job.queueJobId) continue;
    const name = await queue.queueOf(transaction, job.queueJobId);
    if (name) await queue.cancel(transaction, name, job.queueJobId);
    count++;
  }
  return count;
}

const late = statement(`
  select id from generation_jobs
  where status = 'pending' and start_before is not null and start_before <= now()
  order by start_before limit $1`);
