import { isDatabaseUnavailable } from "../../db/availability.ts";
import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";
import type { Log } from "../../log/log.ts";
import { endingOfLost, type LostEnding } from "../attempt/ending/ending.ts";
import { writeLostEnding } from "../attempt/ending/write-lost-ending.ts";
import type { Catalogue } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import { type JobTransaction, lockJobs, transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { readWorkerLocks } from "../queue/worker-lock.ts";

type Options = {
  db: Db;
  queue: Queue;
  catalogue: Catalogue;
  log: Log;
  /** The worker that looks. */
  worker: { id: string };
  onHandedOn: (ending: LostEnding) => void;
};

const lookEveryMilliseconds = 1_000;
// Without other workers for a minute, one that has just come is seen this late.
const aloneMilliseconds = 5_000;
const aloneAfterMilliseconds = 60_000;
const afterOutageMilliseconds = 5_000;
const mostAtOnce = 250;

/**
 * Looks every second, as long as there are other workers, for those whose process has died: their lock is free in two
 * looks, between which a worker that was merely disconnected takes it back. Hands their claims on, long before pg-boss
 * misses a heartbeat (`queue/heartbeat-limits.ts`), which remains for a machine that vanished and behind a pooler. A
 * wrong guess costs a repetition and never more: what a worker that was taken for gone still writes does not land.
 */
export function watchWorkers(options: Options): { others(): number; stop(): Promise<void> } {
  const { db, log, worker } = options;
  const query = queryWith(db.$client, db.$client.session);
  let suspects = new Set<string>();
  let othersSeenAt = performance.now();
  let count = 0;
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** Returns when to look again, in milliseconds. */
  async function look(): Promise<number> {
    const others = await query<{ id: string; isFree: boolean }>(workerLocks, [worker.id]);
    const free = others.filter(({ isFree }) => isFree).map(({ id }) => id);
    const gone = free.filter((id) => suspects.has(id));
    suspects = new Set(free.filter((id) => !gone.includes(id)));
    for (const id of gone) {
      const endings = await handOn(options, id);
      // Only now, so that what fails before is done by the next look, of this worker or another.
      const [first] = await query(markGone, [id]);
      if (first) log.warn({ event: "worker_gone", worker: id, attempts: endings.length });
      for (const ending of endings) options.onHandedOn(ending);
    }
    count = others.length - gone.length;
    if (others.length > 0) othersSeenAt = performance.now();
    const isAlone = performance.now() - othersSeenAt > aloneAfterMilliseconds;
    return isAlone ? aloneMilliseconds : lookEveryMilliseconds;
  }

  function schedule(milliseconds: number): void {
    if (isStopped) return;
    timer = setTimeout(() => {
      looking = look().then(schedule, (error: unknown) => {
        if (!isDatabaseUnavailable(error)) log.error({ event: "worker_look_failed", err: error });
        // The server may have restarted, which freed every lock: living workers take theirs back first.
        suspects.clear();
        schedule(afterOutageMilliseconds);
      });
    }, milliseconds);
  }

  schedule(lookEveryMilliseconds);
  return {
    others: () => count,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

const workerLocks = statement(readWorkerLocks);

/** Ends the attempts of a worker that has gone. Several workers may do so at once: each attempt is ended by one. */
async function handOn(options: Options, workerId: string): Promise<LostEnding[]> {
  const { db } = options;
  const endings: LostEnding[] = [];
  for (;;) {
    const ended = await transactJobs(db, async (transaction) => {
      const found = await transaction.query<{ id: string }>(heldBy, [workerId, mostAtOnce]);
      const jobs = await lockJobs(
        transaction,
        found.map(({ id }) => id),
      );
      return await endAttempts(transaction, options, [...jobs.values()], workerId);
    });
    endings.push(...ended);
    if (ended.length === 0) return endings;
  }
}

async function endAttempts(
  transaction: JobTransaction,
  { queue, catalogue }: Options,
  jobs: Job[],
  workerId: string,
): Promise<LostEnding[]> {
  const ended: LostEnding[] = [];
  for (const row of jobs) {
    const { queueJobId, claim } = row;
    const [phase, type] = [catalogue.phase(row.type, row.phase), catalogue.type(row.type)];
    // Under the lock: its attempt may have ended meanwhile. What this process does not know, another one or pg-boss finds.
    if (row.workerId !== workerId || queueJobId === null || claim === null || !phase || !type) continue;
    const claimed = { jobId: row.id, queueJobId, claim, queue: phase.queue, alone: false };
    const attempt = { claimed, row, phase, type, typical: null, startedAt: performance.now() };
    const ending = endingOfLost(attempt, transaction.now, Math.random());
    const written = await writeLostEnding(transaction, queue, claimed, ending);
    if (written) ended.push(written);
  }
  return ended;
}

// What this process does not know is left, and another worker sees to it.
const markGone = statement(`
  update workers set gone_at = now()
  where id = $1 and gone_at is null and not exists (
    select from generation_jobs where status = 'processing' and worker_id = $1 and claim is not null
      and (next_attempt_at is null or waiting_for is not null)
  )
  returning id`);

// An attempt that waits in place runs; one that is to be tried again has ended.
const heldBy = statement(`
  select id from generation_jobs
  where status = 'processing' and worker_id = $1 and claim is not null
    and (next_attempt_at is null or waiting_for is not null)
  limit $2`);
