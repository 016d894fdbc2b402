import type { JobType, Recorded } from "../../../author/define.ts";
import { isDatabaseUnavailable } from "../../../db/availability.ts";
import type { Db } from "../../../db/client.ts";
import { statement } from "../../../db/commit/statement.ts";
import { reasonOf } from "../../../db/failures.ts";
import { Interruption } from "../../../errors.ts";
import { findParentsOfLive } from "../../family/children.ts";
import { byDatabase } from "../../job/clock.ts";
import { mayApply } from "../../job/job.ts";
import { createJobGroup } from "../../job/job-group.ts";
import { type JobTransaction, presentJob } from "../../job/locked-jobs.ts";
import { transitions } from "../../job/transitions.ts";
import type { Queue } from "../../queue/queue.ts";
import { askForAnswers } from "../answers/wanted-answers.ts";
import { applyEnding } from "./apply-ending.ts";
import { type Ending, isFinished } from "./ending.ts";
import { keepOutputs } from "./keep-outputs.ts";

/** `lost`: the attempt has lost its job, and nothing was written. `refused`: what the database or `record` threw. */
export type Written = { landed: true } | { landed: false; lost: true } | { landed: false; refused: unknown };

export type WriteEnding = (ending: Ending) => Promise<Written>;

/** Claims, in the transaction that ends attempts, what is to run next in the slots that they leave. */
export type ClaimNext = (transaction: JobTransaction, ended: readonly Ending[]) => Promise<void>;

type EndingParts = { db: Db; queue: Queue; claimNext: ClaimNext };

const lost: Written = { landed: false, lost: true };

/**
 * Writes how attempts end: mirror row, events and queue job in one transaction, those that end at the same moment
 * together. An attempt that does not hold its mirror row and its queue job alike changes nothing.
 */
export function createWriteEnding({ db, queue, claimNext }: EndingParts): WriteEnding {
  const write = createJobGroup<Ending, Written>(
    db,
    { jobIdOf: ({ attempt }) => attempt.row.id, bytesOf, isAlone: runsForeignCode },
    async (transaction, endings) => {
      const written = await writeEndings(transaction, queue, endings);
      await claimNext(transaction, written);
      return endings.map((ending) => (written.includes(ending) ? { landed: true } : lost));
    },
  );
  return async (ending) => {
    try {
      return await write(ending);
    } catch (error) {
      if (error instanceof Interruption) return lost;
      if (isDatabaseUnavailable(error)) throw error;
      return { landed: false, refused: error };
    }
  };
}

const bytesOf = (ending: Ending): number => (isFinished(ending) ? ending.output.json.length : 0);

const runsForeignCode = (ending: Ending): boolean => toBeRecorded(ending) !== undefined;

/**
 * What the type keeps at this ending: when its job completes, and before a phase that only some jobs want, so that what was
 * written and paid for is there whatever becomes of that.
 */
function toBeRecorded(ending: Ending): JobType["record"] {
  if (!isFinished(ending)) return undefined;
  const { next } = ending.output;
  return next === null || next.definition.when ? ending.attempt.type.record : undefined;
}

/** Returns those whose attempt still held its job. */
async function writeEndings(transaction: JobTransaction, queue: Queue, given: Ending[]): Promise<Ending[]> {
  const ofTime = new Map(given.map((ending) => [toBeStored(transaction, ending), ending]));
  const endings = [...ofTime.keys()];
  const holders = endings.filter((ending) => holdsJob(transaction, ending));
  const recorded = await record(transaction, holders);
  const landed = await leaveQueue(transaction, queue, holders);
  // The attempt has lost its job: this rolls back what `record` wrote.
  if (recorded && landed.size === 0) throw new Interruption("lost");
  const leaving = endings.filter((ending) => landed.has(ending));
  const written = await lookAtFamilies(transaction, await askFor(transaction, leaving));
  const sent = written.flatMap((ending) => applyEnding(transaction, ending, recorded ?? {}) ?? []);
  await keepOutputs(transaction, written.filter(isFinished));
  await queue.send(transaction, sent);
  return leaving.flatMap((ending) => ofTime.get(ending) ?? []);
}

/** Asks for the answers that these endings wait for. The endings come back with the time at which their jobs go on. */
async function askFor(transaction: JobTransaction, endings: readonly Ending[]): Promise<Ending[]> {
  const asking = endings.flatMap((ending) =>
    ending.transition === "wait" && ending.answers ? [{ ending, answers: ending.answers }] : [],
  );
  const times = await askForAnswers(
    transaction.query,
    asking.map(({ ending: { attempt }, answers }) => ({
      jobId: attempt.row.id,
      phase: attempt.phase.name,
      answers: answers.map((one) => ({ ...one, until: byDatabase(transaction, one.until) })),
    })),
  );
  const timeOf = new Map(asking.map(({ ending }, index) => [ending as Ending, times[index] ?? transaction.now]));
  return endings.map((ending) => {
    const at = timeOf.get(ending);
    return at && "at" in ending ? { ...ending, at } : ending;
  });
}

/** Of those that wait for what they have spawned, some may go on at once: it has ended meanwhile. */
async function lookAtFamilies(transaction: JobTransaction, endings: readonly Ending[]): Promise<Ending[]> {
  const waiting = endings.flatMap((ending) => (waitsForChildren(ending) ? [ending.attempt.row.id] : []));
  if (waiting.length === 0) return [...endings];
  const live = await findParentsOfLive(transaction.query, waiting);
  return endings.map((ending) =>
    waitsForChildren(ending) && !live.has(ending.attempt.row.id) ? { ...ending, at: transaction.now } : ending,
  );
}

const waitsForChildren = (ending: Ending): ending is Extract<Ending, { transition: "wait" }> =>
  ending.transition === "wait" && ending.at === null;

const toBeStored = (transaction: JobTransaction, ending: Ending): Ending =>
  "at" in ending && ending.at ? { ...ending, at: byDatabase(transaction, ending.at) } : ending;

function holdsJob(transaction: JobTransaction, { transition, attempt }: Ending): boolean {
  const job = presentJob(transaction, attempt.row.id);
  return job !== null && transition !== null && mayApply(job, transitions[transition], attempt.claimed);
}

/** Calls the type's `record`, before the job's row points at what it writes. Such an ending is in no group with others. */
async function record(transaction: JobTransaction, [ending, ...others]: Ending[]): Promise<Recorded | null> {
  if (others.length > 0 || !ending || !isFinished(ending)) return null;
  const keep = toBeRecorded(ending);
  if (!keep) return null;
  const { row } = ending.attempt;
  const { id, tenant, topicId, articleId, model } = presentJob(transaction, row.id) ?? row;
  const job = { id, tenant, topicId, articleId, model, startedAt: row.startedAt ?? row.createdAt };
  try {
    return await keep(transaction.tx, job, ending.output.value);
  } catch (error) {
    // What `record` reached out for may be away, while the database is there: no reason to write it again and again.
    if (isDatabaseUnavailable(error) && (await answers(transaction))) throw new RecordError(error);
    throw error;
  }
}

const answers = ({ query }: JobTransaction): Promise<boolean> =>
  query(question, []).then(
    () => true,
    (error: unknown) => !isDatabaseUnavailable(error),
  );
const question = statement("select");

/** A type's `record` failed by itself. The error is no cause, by which it would be taken for one of the database's. */
class RecordError extends Error {
  override readonly name = "RecordError";

  constructor(error: unknown) {
    super(`The record of the type failed: ${reasonOf(error)}`);
  }
}

/** Ends the attempts' queue jobs, or gives them back. Returns the endings of those that had not lost theirs. */
async function leaveQueue(transaction: JobTransaction, queue: Queue, endings: Ending[]): Promise<Set<Ending>> {
  const landed = new Set<Ending>();
  const leaving: Ending[] = [];
  for (const ending of endings) {
    const { claimed } = ending.attempt;
    if (ending.transition === "retry") {
      if (await queue.retry(transaction, claimed.queue, claimed, ending.at)) landed.add(ending);
    } else if (ending.transition === "fail") {
      if (await queue.fail(transaction, claimed.queue, claimed, ending.failure.code)) landed.add(ending);
    } else leaving.push(ending);
  }
  const completed = await queue.complete(
    transaction,
    leaving.map(({ attempt }) => attempt.claimed),
  );
  for (const ending of leaving) if (completed.has(ending.attempt.claimed.queueJobId)) landed.add(ending);
  return landed;
}
