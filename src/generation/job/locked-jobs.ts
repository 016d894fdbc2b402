import type { Db } from "../../db/client.ts";
import { patiently } from "../../db/commit/patience.ts";
import { statement } from "../../db/commit/statement.ts";
import { type Transaction, transact } from "../../db/commit/transact.ts";
import { writeEvents } from "../history/append-events.ts";
import type { JobEvent } from "../history/events.ts";
import { type Job, jobColumns } from "./job.ts";
import { type Landed, showLanded } from "./landed.ts";
import { isFinished } from "./transitions.ts";
import { writeJobs } from "./write-jobs.ts";

/** A job whose row is locked: as it is to be, and what has happened to it in this transaction. */
export type LockedJob = { job: Job; resultData: unknown; isChanged: boolean; events: JobEvent[] };

/**
 * A transaction on jobs. Their rows are locked first; what changes of them is decided in memory, and written in one
 * statement at its end.
 */
export type JobTransaction = Transaction & {
  locked: Map<string, LockedJob>;
  /** The time of the database when the transaction began, once a row was locked. */
  now: Date;
  /** That moment by this machine's clock. */
  begunAt: number;
  landed: Landed[];
  /** What is to be done when it has committed. */
  afterCommit: (() => void)[];
};

/** Runs `run` in one transaction, and writes what it has changed of the jobs that it locked. */
export async function transactJobs<T>(db: Db, run: (transaction: JobTransaction) => Promise<T>): Promise<T> {
  const { result, landed, afterCommit } = await transact(db, async (begun) => {
    const empty = {
      locked: new Map(),
      now: new Date(Number.NaN),
      begunAt: Date.now(),
      landed: [],
      afterCommit: [],
    };
    const transaction: JobTransaction = { ...begun, ...empty };
    const result = await run(transaction);
    await writeLocked(transaction);
    return { result, landed: transaction.landed, afterCommit: transaction.afterCommit };
  });
  showLanded(db, landed);
  for (const todo of afterCommit) todo();
  return result;
}

/** A transaction of running work: begun again until the database takes it. See `patiently`. */
export async function transactJobsPatiently<T>(
  db: Db,
  run: (transaction: JobTransaction) => Promise<T>,
): Promise<T> {
  return await patiently(db, () => transactJobs(db, run));
}

/** Writes now what has changed of the locked jobs, and not only when the transaction ends. */
export async function writeLocked({ query, notice, locked, landed }: JobTransaction): Promise<void> {
  const changed = [...locked.values()].filter(({ isChanged }) => isChanged);
  if (changed.length === 0) return;
  const { freed, parents, over, deliveries } = await writeJobs(query, changed);
  for (const tenant of freed) notice.freed.add(tenant);
  for (const jobId of parents) notice.families.spent.add(jobId);
  // What is written later of a job that is over ends none of its children: a caller may have resumed one.
  const ended = new Set(landed.filter(({ job }) => isFinished(job.status)).map(({ job }) => job.id));
  for (const jobId of over) if (ended.has(jobId)) notice.families.over.add(jobId);
  notice.deliveries ||= deliveries;
  await writeEvents(
    query,
    notice,
    changed.map(({ job, events }) => ({ jobId: job.id, last: job.eventCount, events })),
  );
  for (const one of changed) Object.assign(one, { isChanged: false, events: [] });
}

/**
 * Locks the rows of these jobs until the transaction ends, in the order of their ids. `skipLocked`: leaves out those
 * that another transaction has locked. A job that is not there is not in the answer.
 */
export async function lockJobs(
  transaction: JobTransaction,
  jobIds: readonly string[],
  { skipLocked = false }: { skipLocked?: boolean } = {},
): Promise<Map<string, Job>> {
  const { locked, query } = transaction;
  const wanted = [...new Set(jobIds)].filter((id) => !locked.has(id));
  if (wanted.length > 0) {
    for (const { now, ...job } of await query<Job & { now: Date }>(skipLocked ? lockFree : lockAll, [wanted])) {
      transaction.now = now;
      locked.set(job.id, { job, resultData: null, isChanged: false, events: [] });
    }
  }
  return new Map(jobIds.flatMap((id) => (locked.has(id) ? [[id, presentJob(transaction, id) as Job]] : [])));
}

export async function lockJob(transaction: JobTransaction, jobId: string): Promise<Job | null> {
  return (await lockJobs(transaction, [jobId])).get(jobId) ?? null;
}

/** A job that this transaction has locked, as it is to be. */
export const presentJob = ({ locked }: JobTransaction, jobId: string): Job | null => locked.get(jobId)?.job ?? null;

/** The columns of a job to select, and those of a whole row. */
export const selectedJob = Object.entries(jobColumns)
  .map(([name, column]) => `"${column.name}" as "${name}"`)
  .join(", ");
export const wholeJob = `${selectedJob}, "request_data" as "requestData", "result_data" as "resultData"`;

// In whole milliseconds, as JavaScript keeps a time, and rounded up, so that no time comes before what it followed.
const now = "date_trunc('milliseconds', now() + interval '999 microseconds')";

const select = `select ${selectedJob}, ${now} as now from generation_jobs where id = any($1::text[]) order by id`;
const lockAll = statement(`${select} for no key update`);
const lockFree = statement(`${select} for no key update skip locked`);
