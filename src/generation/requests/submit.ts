import { and, eq } from "drizzle-orm";
import { hasTopic } from "../../content/topics.ts";
import type { Transaction } from "../../db/commit/transact.ts";
import { generationJobs } from "../../db/schema/index.ts";
import { RequestError } from "../../errors.ts";
import { hashOf } from "../../hash.ts";
import { newJobId, newUuid } from "../../ids.ts";
import { issuesOf } from "../../issues.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import { insertJob, type JobRow } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";
import { cancelLocked } from "./cancel.ts";
import { lockOwnJob } from "./read-jobs.ts";

/** A request for one job, its input not yet checked against the type's schema. */
export type Submission = {
  type: string;
  input: unknown;
  /** Higher goes first. Default 0. */
  priority?: number | undefined;
  startAfter?: Date | undefined;
  /** Attempts for each phase, in place of the phase's own. */
  maxAttempts?: number | undefined;
  /** A decimal number of dollars. */
  maxCostUsd?: string | undefined;
  tags?: string[] | undefined;
  topicId?: string | undefined;
  /** A job of the same tenant that is cancelled in the same transaction. */
  supersedes?: string | undefined;
  idempotencyKey?: string | undefined;
  batchId?: string | undefined;
};

/** `replayed`: the idempotency key was used before, and this is the job of then. */
export type Submitted = { job: JobRow; replayed: boolean };

export type SubmissionParts = {
  queue: Queue;
  catalogue: Catalogue;
  /** For jobs that name no budget of their own. */
  maxCostPerJobUsd?: string | undefined;
};

/** Writes the job, its first event and its first queue job. Throws RequestError for what cannot be accepted. */
export async function submitJob(
  transaction: Transaction,
  { queue, catalogue, maxCostPerJobUsd }: SubmissionParts,
  tenant: string,
  submission: Submission,
): Promise<Submitted> {
  const { type, idempotencyKey, supersedes, topicId, startAfter, maxAttempts, priority = 0 } = submission;
  const { phase, input } = check(catalogue, submission);
  const requestHash = hashOf({ ...submission, idempotencyKey: undefined });
  const earlier = await findReplayed(transaction, tenant, idempotencyKey, requestHash);
  if (earlier) return { job: earlier, replayed: true };
  if (topicId && !(await hasTopic(transaction.tx, tenant, topicId)))
    throw invalidField("/topicId", `there is no topic ${topicId}`);
  // Locked before the insert, which locks the topic: jobs are locked before topics.
  const superseded = supersedes && (await lockOwnJob(transaction.tx, tenant, supersedes));

  const job = await insertJob(transaction, {
    id: newJobId(),
    type,
    tenant,
    requestData: input,
    currentStep: "Queued",
    priority,
    maxAttempts: maxAttempts ?? phase.maxAttempts,
    requestedMaxAttempts: maxAttempts ?? null,
    maxCostUsd: submission.maxCostUsd ?? maxCostPerJobUsd ?? null,
    tags: submission.tags ?? [],
    topicId: topicId ?? null,
    batchId: submission.batchId ?? null,
    supersedes: supersedes ?? null,
    queueJobId: newUuid(),
    nextAttemptAt: startAfter ?? null,
    idempotencyKey: idempotencyKey ?? null,
    requestHash,
  });
  if (!job) {
    // The same request came at the same moment, and was first.
    const winner = await findReplayed(transaction, tenant, idempotencyKey, requestHash);
    if (!winner)
      throw new RequestError("unavailable", "The job of this Idempotency-Key was just removed. Try again.");
    return { job: winner, replayed: true };
  }
  // Only now: a replayed request supersedes nothing again.
  if (supersedes) {
    if (!superseded) throw invalidField("/supersedes", `there is no job ${supersedes}`);
    await cancelLocked(transaction, { queue, catalogue }, superseded);
  }
  await queue.send(transaction, phase, job);
  return { job, replayed: false };
}

function check(catalogue: Catalogue, { type, input }: Submission): { phase: PlacedPhase; input: unknown } {
  const phase = catalogue.phase(type, "queued");
  const definition = catalogue.type(type);
  if (!phase || !definition) {
    const known = catalogue.types.map((one) => one.type).join(", ");
    throw new RequestError("unknown_type", `There is no job type "${type}". Known: ${known}.`, {
      issues: [{ pointer: "/type", message: `expected one of: ${known}` }],
    });
  }
  const parsed = definition.input.safeParse(input);
  if (parsed.success) return { phase, input: parsed.data };
  throw new RequestError("invalid_input", `The input does not fit the type "${type}".`, {
    issues: issuesOf(parsed.error, ["input"]),
  });
}

async function findReplayed(
  { tx }: Transaction,
  tenant: string,
  key: string | undefined,
  requestHash: string,
): Promise<JobRow | null> {
  if (key === undefined) return null;
  const [job] = await tx
    .select()
    .from(generationJobs)
    .where(and(eq(generationJobs.tenant, tenant), eq(generationJobs.idempotencyKey, key)));
  if (!job || job.requestHash === requestHash) return job ?? null;
  throw new RequestError("idempotency_mismatch", `This Idempotency-Key belongs to ${job.id}, with another body.`);
}

const invalidField = (pointer: string, message: string) =>
  new RequestError("invalid_input", "The request is not valid.", { issues: [{ pointer, message }] });
