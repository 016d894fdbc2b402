import type { JobType } from "../../author/define.ts";
import { statement } from "../../db/commit/statement.ts";
import { RequestError } from "../../errors.ts";
import { hashOf } from "../../hash.ts";
import { newJobId, newUuid } from "../../ids.ts";
import { issuesOf } from "../../issues.ts";
import { originHere } from "../../telemetry/traces/job-spans.ts";
import { versionBefore } from "../attempt/run/stored-input.ts";
import type { PlacedPhase } from "../job/catalogue.ts";
import type { Job, JobRow } from "../job/job.ts";
import { type JobTransaction, wholeJob } from "../job/locked-jobs.ts";
import { isFinished } from "../job/transitions.ts";
import { readJobsOfKeys } from "./read-jobs.ts";
import {
  type CheckedSubmission,
  invalidField,
  type SubmissionParts,
  type Submitted,
  submitJobs,
  takeTurnsFor,
} from "./submit.ts";

/** `input`: what the phase begins with, in place of what the old job gave it. */
export type Fork = { fromPhase: string; input?: unknown; idempotencyKey?: string | undefined };

/**
 * Submits a new job that begins at a phase of a finished one, with what that one had before it. The caller has locked the
 * old job. Throws RequestError: `conflict` while it still runs or if it never came so far.
 */
export async function forkLocked(
  transaction: JobTransaction,
  parts: SubmissionParts,
  source: Job,
  fork: Fork,
): Promise<Submitted> {
  const { catalogue, queue } = parts;
  const earlier = fork.idempotencyKey === undefined ? null : await findForked(transaction, source, fork);
  if (earlier) return earlier;
  if (!isFinished(source.status))
    throw new RequestError("conflict", `The job is ${source.status}: cancel it first.`);
  const phases = catalogue.phases.filter(({ type }) => type === source.type);
  const phase = phases.find(({ name }) => name === fork.fromPhase);
  if (!phase) {
    const known = phases.map(({ name }) => name).join(", ");
    throw invalidField("/fromPhase", `expected one of: ${known}; got "${fork.fromPhase}"`);
  }
  const input = "input" in fork ? checkInput(phase, fork.input) : undefined;
  const [row] = await transaction.query<JobRow>(readSource, [source.id]);
  const job = jobOf(row as JobRow, phase, fork);
  const version = versionBefore(catalogue.type(source.type) as JobType, phase);
  if (input !== undefined && phase.position === 0)
    Object.assign(job, { requestData: input, inputVersion: version });
  const checked: CheckedSubmission = {
    tenant: source.tenant,
    submission: { type: source.type, input },
    phase,
    job,
    origin: originHere(false),
  };
  const [answer] = await submitJobs(transaction, queue, await takeTurnsFor(transaction.query, queue, [checked]));
  if (!answer || answer instanceof RequestError) throw answer ?? new RequestError("unavailable", "Try again.");
  if (!answer.replayed)
    await copyPhases(transaction, source.id, { id: job.id, input, version }, phases.slice(0, phase.position));
  return answer;
}

function checkInput({ name, definition }: PlacedPhase, input: unknown): unknown {
  const parsed = definition.input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new RequestError("invalid_input", `The input does not fit the phase "${name}".`, {
    issues: issuesOf(parsed.error, ["input"]),
  });
}

const hashOfFork = ({ id }: Pick<Job, "id">, { fromPhase, input }: Fork): string =>
  hashOf({ forkedFrom: id, fromPhase, input });

/** The fork that this request made before, whatever has become of its source since. */
async function findForked({ query }: JobTransaction, source: Job, fork: Fork): Promise<Submitted | null> {
  const [job] = await readJobsOfKeys(query, [{ tenant: source.tenant, key: fork.idempotencyKey as string }]);
  if (job?.requestHash !== hashOfFork(source, fork)) return null;
  return { job, replayed: true };
}

function jobOf(
  source: JobRow,
  phase: PlacedPhase,
  { fromPhase, input, idempotencyKey }: Fork,
): CheckedSubmission["job"] {
  const {
    type,
    tenant,
    requestData,
    inputVersion,
    priority,
    requestedMaxAttempts,
    maxCostUsd,
    tags,
    topicId,
    articleId,
    webhookUrl,
  } = source;
  return {
    id: newJobId(),
    type,
    tenant,
    requestData,
    inputVersion,
    phase: phase.position === 0 ? "queued" : phase.name,
    currentStep: "Queued",
    priority,
    maxAttempts: requestedMaxAttempts ?? phase.maxAttempts,
    requestedMaxAttempts,
    maxCostUsd,
    tags,
    topicId,
    // What the source had kept before a phase that only some jobs want.
    articleId: phase.definition.when ? articleId : null,
    batchId: null,
    supersedes: null,
    forkedFrom: source.id,
    scheduleId: null,
    queueJobId: newUuid(),
    nextAttemptAt: null,
    startAfter: null,
    startBefore: null,
    webhookUrl,
    idempotencyKey: idempotencyKey ?? null,
    requestHash: hashOfFork(source, { fromPhase, input }),
  };
}

/** Gives a job what another one had finished. `input` stands in place of the last of it. */
async function copyPhases(
  { query }: JobTransaction,
  sourceId: string,
  { id, input, version }: { id: string; input: unknown; version: number },
  before: readonly PlacedPhase[],
): Promise<void> {
  if (before.length === 0) return;
  const names = before.map(({ name }) => name);
  const replaced = input === undefined ? null : (names.at(-1) ?? null);
  const copied = await query<{ phase: string }>(copy, [
    sourceId,
    id,
    names,
    replaced,
    JSON.stringify(input ?? null),
    version,
  ]);
  const missing = names.find((name) => !copied.some(({ phase }) => phase === name));
  if (missing) throw new RequestError("conflict", `The job never finished its phase "${missing}".`);
}

const readSource = statement(`select ${wholeJob} from generation_jobs where id = $1`);

const copy = statement(`
  insert into generation_phases (job_id, phase, output, version, attempts, seconds)
  select $2, phase, case when phase = $4 then $5::jsonb else output end,
    case when phase = $4 then $6 else version end, attempts, 0
  from generation_phases where job_id = $1 and phase = any($3::text[])
  returning phase`);
