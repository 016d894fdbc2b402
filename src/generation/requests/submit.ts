import type { JobType } from "../../author/define.ts";
import { hasTopic } from "../../content/topics.ts";
import type { Query } from "../../db/commit/statement.ts";
import { RequestError } from "../../errors.ts";
import { hashOf } from "../../hash.ts";
import { newJobId, newUuid } from "../../ids.ts";
import { issuesOf } from "../../issues.ts";
import { type JobOrigin, originHere, traceOfJob } from "../../telemetry/traces/job-spans.ts";
import { cancelLocked } from "../family/cancel.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import { insertJobs, type NewJob } from "../job/insert-jobs.ts";
import type { JobRow } from "../job/job.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import type { TakenTurn } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { prepare } from "./prepare.ts";
import { findRemoved, lockOwnJob, readJobsOfKeys } from "./read-jobs.ts";

/** A request for one job, its input not yet checked against the type's schema. */
export type Submission = {
  type: string;
  input: unknown;
  /** Higher goes first. Default 0. */
  priority?: number | undefined;
  startAfter?: Date | undefined;
  /** A job that has not begun by then fails with `expired`. */
  startBefore?: Date | undefined;
  /** Attempts for each phase, in place of the phase's own. */
  maxAttempts?: number | undefined;
  /** A decimal number of dollars. */
  maxCostUsd?: string | undefined;
  tags?: string[] | undefined;
  topicId?: string | undefined;
  /** A job of the same tenant that is cancelled in the same transaction. */
  supersedes?: string | undefined;
  /** Hears of the job's end. */
  webhookUrl?: string | undefined;
  idempotencyKey?: string | undefined;
  batchId?: string | undefined;
  /** The schedule whose occurrence it is. */
  scheduleId?: string | undefined;
};

/** `replayed`: the idempotency key was used before, and this is the job of then. */
export type Submitted = { job: JobRow; replayed: boolean };

export type SubmissionParts = {
  queue: Queue;
  catalogue: Catalogue;
  /** For jobs that name no budget of their own. */
  maxCostPerJobUsd?: string | undefined;
  /** Why nothing can be sent to a `webhookUrl`, or null. Default: any is taken, and refused when something is sent. */
  problemOfWebhookUrl?: (url: string) => string | null;
};

/** A submission that fits its type, not yet written. */
export type CheckedSubmission = {
  tenant: string;
  submission: Submission;
  phase: PlacedPhase;
  /** Its type, if that has something to look up. */
  preparing?: JobType | undefined;
  job: Omit<NewJob, keyof TakenTurn>;
  /** Where in a trace it was asked for. Undefined if none is recorded. */
  origin?: JobOrigin | undefined;
};

/** Checks what needs no database. Throws RequestError for what cannot be accepted. */
export function checkSubmission(
  { catalogue, maxCostPerJobUsd, problemOfWebhookUrl }: Omit<SubmissionParts, "queue">,
  tenant: string,
  submission: Submission,
): CheckedSubmission {
  const {
    type,
    idempotencyKey,
    supersedes,
    topicId,
    startAfter,
    startBefore,
    maxAttempts,
    webhookUrl,
    priority = 0,
  } = submission;
  const { definition, phase, input } = check(catalogue, submission);
  if (startAfter && startBefore && startBefore <= startAfter)
    throw invalidField("/startBefore", "expected a time after startAfter");
  const webhookProblem = webhookUrl && problemOfWebhookUrl?.(webhookUrl);
  if (webhookProblem) throw invalidField("/webhookUrl", webhookProblem);
  const job: CheckedSubmission["job"] = {
    id: newJobId(),
    type,
    tenant,
    requestData: input,
    inputVersion: definition.version ?? 1,
    phase: "queued",
    currentStep: "Queued",
    priority,
    maxAttempts: maxAttempts ?? phase.maxAttempts,
    requestedMaxAttempts: maxAttempts ?? null,
    maxCostUsd: submission.maxCostUsd ?? maxCostPerJobUsd ?? null,
    tags: submission.tags ?? [],
    topicId: topicId ?? null,
    articleId: null,
    batchId: submission.batchId ?? null,
    supersedes: supersedes ?? null,
    forkedFrom: null,
    scheduleId: submission.scheduleId ?? null,
    queueJobId: newUuid(),
    nextAttemptAt: startAfter ?? null,
    startAfter: startAfter ?? null,
    startBefore: startBefore ?? null,
    webhookUrl: webhookUrl ?? null,
    idempotencyKey: idempotencyKey ?? null,
    requestHash: hashOf({ ...submission, idempotencyKey: undefined }),
  };
  const origin = originHere(job.batchId !== null);
  const preparing = needsPreparing(definition, input) ? definition : undefined;
  return { tenant, submission, phase, preparing, job, origin };
}

const needsPreparing = ({ prepare, prepares }: JobType, input: unknown): boolean =>
  prepare !== undefined && (prepares?.(input) ?? true);

/** Whether a submission touches nothing but its own job, so that it may be written together with others. */
export const isPlain = ({ submission, preparing }: CheckedSubmission): boolean =>
  !preparing && submission.topicId === undefined && submission.supersedes === undefined;

/** Writes one job, its first event and its first queue job. Throws RequestError for what cannot be accepted. */
export async function submitJob(
  transaction: JobTransaction,
  parts: SubmissionParts,
  checked: CheckedSubmission,
): Promise<Submitted> {
  const { tenant, submission, job } = checked;
  const { topicId, supersedes } = submission;
  const [earlier] = await findReplayed(transaction, [checked]);
  if (earlier) return settled(earlier);
  if (topicId && !(await hasTopic(transaction.tx, tenant, topicId)))
    throw invalidField("/topicId", `there is no topic ${topicId}`);
  // Locked before the insert, which locks the topic: jobs are locked before topics.
  const superseded = supersedes ? await lockOwnJob(transaction, tenant, supersedes) : null;
  const turns = await takeTurnsFor(transaction.query, parts.queue, [await prepare(transaction, checked)]);
  const [answer] = await submitJobs(transaction, parts.queue, turns);
  const submitted = settled(answer ?? gone());
  // Only now: a replayed request supersedes nothing again.
  if (supersedes && submitted.job.id === job.id) {
    if (superseded) await cancelLocked(transaction, parts, superseded);
    // What retention has removed is past, and needs no cancel.
    else if (!(await findRemoved(transaction.tx, tenant, supersedes)))
      throw invalidField("/supersedes", `there is no job ${supersedes}`);
  }
  return submitted;
}

/** A submission with its tenant's turn: its job as it is to be written. */
export type PlacedSubmission = Omit<CheckedSubmission, "job"> & { job: NewJob };

/**
 * Takes their tenants' next turns. Before the transaction that submits, so that no other one waits for it to end; what is
 * not submitted after all has lost its turn.
 */
export async function takeTurnsFor(
  query: Query,
  queue: Queue,
  submissions: readonly CheckedSubmission[],
): Promise<PlacedSubmission[]> {
  const turns = await queue.takeTurns(query, submissions);
  return submissions.map((one, index) => ({ ...one, job: { ...one.job, ...(turns[index] as TakenTurn) } }));
}

/** Writes jobs that touch nothing but themselves. An error among the answers is that submission's alone. */
export async function submitJobs(
  transaction: JobTransaction,
  queue: Queue,
  submissions: readonly PlacedSubmission[],
): Promise<(Submitted | RequestError)[]> {
  const earlier = await findReplayed(transaction, submissions);
  const fresh = submissions.filter((_, index) => !earlier[index]);
  for (const { tenant, job } of fresh) if (job.waitingFor) transaction.notice.freed.add(tenant);
  const inserted = await insertJobs(
    transaction,
    fresh.map(({ job }) => job),
  );
  const rows = new Map(fresh.map(({ job }, index) => [job.id, inserted[index]]));
  await queue.send(
    transaction,
    fresh.flatMap(({ phase, job: { id }, origin }) => {
      const job = rows.get(id);
      return job ? [{ phase, job, trace: traceOfJob(phase.queue, job, origin) }] : [];
    }),
  );
  // The same request came at the same moment, and was first.
  const late = fresh.filter(({ job }) => !rows.get(job.id));
  const winners = await findReplayed(transaction, late);
  const winnerOf = new Map(late.map(({ job }, index) => [job.id, winners[index]]));
  return submissions.map(({ job: { id } }, index) => {
    const job = rows.get(id);
    return earlier[index] ?? (job ? { job, replayed: false } : (winnerOf.get(id) ?? gone()));
  });
}

/** For each submission whose idempotency key was used before: the job of then, or why it is not the same request. */
async function findReplayed(
  { query }: JobTransaction,
  submissions: readonly CheckedSubmission[],
): Promise<(Submitted | RequestError | undefined)[]> {
  const keyed = submissions.filter(({ job }) => job.idempotencyKey !== null);
  if (keyed.length === 0) return submissions.map(() => undefined);
  const found = await readJobsOfKeys(
    query,
    keyed.map(({ job }) => ({ tenant: job.tenant, key: job.idempotencyKey as string })),
  );
  return submissions.map(({ job }) => {
    const earlier = found.find(
      ({ tenant, idempotencyKey }) => tenant === job.tenant && idempotencyKey === job.idempotencyKey,
    );
    if (!earlier) return undefined;
    if (earlier.requestHash === job.requestHash) return { job: earlier, replayed: true };
    return new RequestError(
      "idempotency_mismatch",
      `This Idempotency-Key belongs to ${earlier.id}, with another body.`,
    );
  });
}

function settled(answer: Submitted | RequestError): Submitted {
  if (answer instanceof RequestError) throw answer;
  return answer;
}

const gone = () => new RequestError("unavailable", "The job of this Idempotency-Key was just removed. Try again.");

type Found = { definition: JobType; phase: PlacedPhase; input: unknown };

function check(catalogue: Catalogue, { type, input }: Submission): Found {
  const phase = catalogue.phase(type, "queued");
  const definition = catalogue.type(type);
  if (!phase || !definition) {
    const known = catalogue.types.map((one) => one.type).join(", ");
    throw new RequestError("unknown_type", `There is no job type "${type}". Known: ${known}.`, {
      issues: [{ pointer: "/type", message: `expected one of: ${known}` }],
    });
  }
  const parsed = definition.input.safeParse(input);
  if (parsed.success) return { definition, phase, input: parsed.data };
  throw new RequestError("invalid_input", `The input does not fit the type "${type}".`, {
    issues: issuesOf(parsed.error, ["input"]),
  });
}

export const invalidField = (pointer: string, message: string) =>
  new RequestError("invalid_input", "The request is not valid.", { issues: [{ pointer, message }] });
