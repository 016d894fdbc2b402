import { isDatabaseUnavailable } from "../db/availability.ts";
import type { Db } from "../db/client.ts";
import type { ScheduleError } from "../db/schema/generation/schedules.ts";
import { RequestError, requestErrors } from "../errors.ts";
import { type JobTransaction, transactJobs } from "../generation/job/locked-jobs.ts";
import {
  type CheckedSubmission,
  checkSubmission,
  isPlain,
  type SubmissionParts,
  submitJob,
  submitJobs,
  takeTurnsFor,
} from "../generation/requests/submit.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { claimAgain, claimDue, type Due, type Fired, moveOn } from "./claims.ts";
import { type Decision, decide } from "./due.ts";
import { occurrencesOf, problemOfCron, problemOfTimeZone } from "./occurrences.ts";

export type FireOptions = SubmissionParts & Told & { db: Db };
type Told = { log: Log; metrics: Pick<Metrics, "scheduled"> };

/**
 * Submits a job for each schedule that is due, and moves it on to what comes next in the same transaction: so an occurrence
 * is a job exactly once, in any number of processes. Returns how many schedules were due.
 */
export async function fireDue(options: FireOptions, until?: AbortSignal): Promise<number> {
  for (let all = 0; ; ) {
    const some = until?.aborted ? 0 : await fireSome(options);
    all += some;
    if (some === 0) return all;
  }
}

async function fireSome(options: FireOptions): Promise<number> {
  const { db, catalogue } = options;
  const types = catalogue.types.map(({ type }) => type);
  let claimed: Due[] = [];
  try {
    return await transactJobs(db, async (transaction) => {
      claimed = await claimDue(transaction.query, types);
      if (claimed.length > 0) await fire(transaction, options, claimed);
      return claimed.length;
    });
  } catch (error) {
    if (claimed.length === 0 || isDatabaseUnavailable(error)) throw error;
    // One of them is at fault, and holds up no other.
    for (const due of claimed) await fireAlone(options, due);
    return claimed.length;
  }
}

async function fireAlone(options: FireOptions, before: Due): Promise<void> {
  const { db } = options;
  const claiming = (run: (transaction: JobTransaction, due: Due) => Promise<void>) =>
    transactJobs(db, async (transaction) => {
      const due = await claimAgain(transaction.query, before);
      if (due) await run(transaction, due);
    });
  try {
    await claiming((transaction, due) => fire(transaction, options, [due]));
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    await claiming((transaction, due) => refuse(transaction, options, due, error));
  }
}

/** Submits what is to run now. Throws for what cannot be submitted. */
async function fire(transaction: JobTransaction, parts: FireOptions, claimed: readonly Due[]): Promise<void> {
  const decided = claimed.map((due) => ({ due, decision: decisionOn(due) }));
  const toRun = decided.filter(({ decision }) => decision.run !== null);
  const jobIds = await submitAll(
    transaction,
    parts,
    toRun.map(({ due }) => checkSubmission(parts, due.tenant, submissionOf(due))),
  );
  const jobOf = new Map(toRun.map(({ due }, index) => [due.id, jobIds[index]]));
  const fired = decided.map((one) => ({ ...one, jobId: jobOf.get(one.due.id) ?? null, error: null }));
  await moveOn(transaction.query, fired);
  transaction.afterCommit.push(() => {
    for (const one of fired) report(parts, one);
  });
}

const submissionOf = ({ id, type, input, priority, tags, maxCostUsd }: Due) => ({
  type,
  input,
  priority,
  tags,
  scheduleId: id,
  maxCostUsd: maxCostUsd ?? undefined,
});

/** The ids of their jobs, in order. */
async function submitAll(
  transaction: JobTransaction,
  parts: SubmissionParts,
  submissions: readonly CheckedSubmission[],
): Promise<string[]> {
  const plain = submissions.filter(isPlain);
  if (plain.length > 0) {
    const inTurn = await takeTurnsFor(transaction.query, parts.queue, plain);
    await submitJobs(transaction, parts.queue, inTurn);
  }
  for (const one of submissions) if (!isPlain(one)) await submitJob(transaction, parts, one);
  return submissions.map(({ job }) => job.id);
}

/** Keeps why an occurrence could not be submitted. */
async function refuse({ query, afterCommit }: JobTransaction, told: Told, due: Due, error: unknown): Promise<void> {
  // A zone may be gone with a release of the database of zones. Then the schedule is paused.
  const problem = problemOfCron(due.cron) ?? problemOfTimeZone(due.timeZone);
  const decision = problem === null ? decisionOn(due) : { run: null, missed: 0, lastMissed: null, next: null };
  const refused: Fired = {
    due,
    decision,
    jobId: null,
    error: saidOf(
      problem === null ? refusalOf(error) : new RequestError("invalid_input", problem),
      decision.run ?? due.dueAt,
      due.now,
    ),
  };
  await moveOn(query, [refused]);
  afterCommit.push(() => report(told, refused, error));
}

const refusalOf = (error: unknown): RequestError =>
  error instanceof RequestError ? error : new RequestError("internal", requestErrors.internal.title);

const saidOf = ({ code, message, issues }: RequestError, occurrence: Date, at: Date): ScheduleError => ({
  code,
  detail: message,
  errors: issues,
  occurrence: occurrence.toISOString(),
  at: at.toISOString(),
});

function decisionOn({ cron, timeZone, missed, dueAt, now }: Due): Decision {
  const decision = decide(occurrencesOf({ cron, timeZone }), missed, dueAt, now);
  if (!decision) throw new Error("A schedule was claimed before its time.");
  return decision;
}

function report({ log, metrics }: Told, { due, decision, jobId, error }: Fired, cause?: unknown): void {
  const { id: schedule, type } = due;
  const { run, missed } = decision;
  if (missed > 0) {
    metrics.scheduled(type, "missed", missed);
    log.warn({ event: "schedule_missed", schedule, occurrences: missed });
  }
  if (error) {
    metrics.scheduled(type, "refused", 1);
    const line = { event: "schedule_refused", schedule, code: error.code };
    if (error.code === "internal") log.error({ ...line, err: cause });
    else log.warn(line);
  }
  if (jobId !== null && run !== null) {
    metrics.scheduled(type, "submitted", 1);
    const lateMilliseconds = due.now.getTime() - run.getTime();
    log.info({ event: "schedule_fired", schedule, job: jobId, lateMilliseconds });
  }
}
