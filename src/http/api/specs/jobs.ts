import { z } from "zod";
import { isJobId } from "../../../ids.ts";
import { Usd } from "../../../usd.ts";
import type { ResponseHeader } from "../headers.ts";
import { route } from "../route.ts";
import { BatchId, IdempotencyKey, JobId, WindowText } from "../schemas/basics.ts";
import { Event } from "../schemas/event.ts";
import { Job, JobErrorCodes, Status } from "../schemas/job.ts";
import { ProblemCode } from "../schemas/problem.ts";
import { WebhookUrl } from "../schemas/webhook.ts";

const Identified = z.object({ id: z.string().meta({ description: "The id of a job" }) });

const begun: ResponseHeader[] = ["Location", "Retry-After"];
const held: ResponseHeader[] = ["Preference-Applied", "Retry-After"];
const replayed: ResponseHeader[] = [...begun, "Idempotency-Replayed"];

const OfferedMoment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(
    (time) => time.getUTCFullYear() >= 1970 && time.getUTCFullYear() < 10_000,
    "expected a time from 1970 to 9999",
  );

export const Submission = z.strictObject({
  type: z.string().min(1).max(40),
  input: z.unknown(),
  priority: z.int().min(-100).max(100).optional(),
  startAfter: OfferedMoment.optional(),
  startBefore: OfferedMoment.optional().meta({
    description: "If the job has not begun by then it fails with `expired`",
  }),
  maxAttempts: z.int().min(1).max(20).optional(),
  maxCostUsd: Usd.optional(),
  tags: z.array(z.string().min(1).max(100)).max(20).optional(),
  webhookUrl: WebhookUrl.optional().meta({ description: "Hears of the job's end, as a webhook does" }),
  topicId: z.uuid().optional(),
  supersedes: JobId.optional(),
});

export const submitJob = route({
  id: "submitJob",
  method: "post",
  path: "/v1/jobs",
  tag: "jobs",
  summary: "Submit a job",
  description: "Answers at once; the job runs on its own. A repeated Idempotency-Key gives the same job, with 200.",
  headers: z.object({ "idempotency-key": IdempotencyKey.optional() }),
  body: Submission,
  answers: {
    200: {
      description: "The job that was submitted before with this Idempotency-Key",
      schema: Job,
      headers: replayed,
    },
    202: { description: "The job", schema: Job, headers: begun },
  },
  problems: ["unknown_type", "not_found", "conflict", "idempotency_mismatch"],
});

export const listJobs = route({
  id: "listJobs",
  method: "get",
  path: "/v1/jobs",
  tag: "jobs",
  summary: "List jobs, newest first",
  query: z.strictObject({
    status: Status.optional(),
    type: z.string().max(40).optional(),
    batchId: BatchId.optional(),
    scheduleId: z.uuid().optional(),
    parentId: z.string().max(64).optional().meta({ description: "The job that has spawned them" }),
    tag: z.string().max(100).optional(),
    q: z.string().min(1).max(200).optional().meta({ description: "A job's id, or a text in its input" }),
    include: z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.enum(["input", "result"])))
      .optional()
      .meta({ description: "`input`, `result` or both with a comma: they are left out otherwise" }),
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z.string().refine(isJobId, "expected a cursor that a page before gave").optional(),
  }),
  answers: {
    200: { description: "A page", schema: z.object({ data: z.array(Job), nextCursor: z.string().nullable() }) },
  },
  problems: [],
});

export const getJob = route({
  id: "getJob",
  method: "get",
  path: "/v1/jobs/{id}",
  tag: "jobs",
  summary: "Read a job",
  params: Identified,
  headers: z.object({
    prefer: z
      .string()
      .optional()
      .meta({ description: "`wait=20` holds the answer until the job changes, for at most 60 seconds" }),
    "if-none-match": z.string().optional().meta({ description: "The ETag of the answer before" }),
  }),
  answers: {
    200: { description: "The job", schema: Job, headers: held },
    304: { description: "The job has not changed", headers: held },
  },
  problems: ["not_found", "gone"],
});

const EventNumber = z.coerce.number("expected the number of an event, 0 for all").int().min(0).max(2_147_483_647);

export const listEvents = route({
  id: "listEvents",
  method: "get",
  path: "/v1/jobs/{id}/events",
  tag: "jobs",
  summary: "Read or follow what happens to a job",
  description:
    "Sent as `text/event-stream` to a client that accepts it: what has happened, then what happens, to the last event.",
  params: Identified,
  query: z.object({ after: EventNumber.default(0) }),
  headers: z.object({
    "last-event-id": EventNumber.optional().meta({ description: "As `after`, and comes before it" }),
  }),
  answers: {
    200: {
      description: "The events after that one",
      schema: z.object({ data: z.array(Event) }),
      also: ["text/event-stream"],
    },
    204: { description: "As a stream: the job is finished, and nothing comes after that event" },
  },
  problems: ["not_found", "gone"],
});

export const cancelJob = route({
  id: "cancelJob",
  method: "post",
  path: "/v1/jobs/{id}/cancel",
  tag: "jobs",
  summary: "Cancel a job",
  description: "Ends the model call that runs. Again and again it gives the same answer.",
  params: Identified,
  answers: { 200: { description: "The job", schema: Job, headers: ["Retry-After"] } },
  problems: ["not_found", "gone", "conflict"],
});

export const resumeJob = route({
  id: "resumeJob",
  method: "post",
  path: "/v1/jobs/{id}/resume",
  tag: "jobs",
  summary: "Resume a job",
  description: "Goes on from the phase in which it failed or was cancelled. Finished steps are not paid for again.",
  params: Identified,
  body: z.strictObject({ maxCostUsd: Usd.optional() }),
  answers: { 202: { description: "The job", schema: Job, headers: begun } },
  problems: ["not_found", "gone", "conflict"],
});

const isPlace = (cursor: string): boolean => {
  const [, id] = /^\d{1,17}\.(.+)$/.exec(cursor) ?? [];
  return id !== undefined && isJobId(id);
};

export const resumeFailedJobs = route({
  id: "resumeFailedJobs",
  method: "post",
  path: "/v1/jobs/resume",
  tag: "jobs",
  summary: "Resume all jobs that failed alike",
  description:
    "Up to 1,000, the latest first; again with `nextCursor` as `cursor` for the rest, which passes over what was refused and what has failed anew. As `failures` of the statistics groups them: with one code in a window, and at one phase and of one type if they are named.",
  body: z.strictObject({
    code: JobErrorCodes,
    phase: z.string().min(1).max(40).optional(),
    type: z.string().min(1).max(40).optional(),
    window: WindowText.default("24h"),
    maxCostUsd: Usd.optional(),
    cursor: z.string().refine(isPlace, "expected a cursor that a request before gave").optional(),
  }),
  answers: {
    202: {
      description: "What was resumed, and what was not and why",
      schema: z.object({
        resumed: z.array(z.string()),
        refused: z.array(z.object({ jobId: z.string(), code: ProblemCode, detail: z.string() })),
        isMore: z.boolean(),
        nextCursor: z.string().nullable(),
      }),
    },
  },
  problems: ["invalid_json", "too_large"],
});

export const forkJob = route({
  id: "forkJob",
  method: "post",
  path: "/v1/jobs/{id}/fork",
  tag: "jobs",
  summary: "Fork a finished job",
  description: "Submits a new job that begins at a phase, with what the finished one had before it.",
  params: Identified,
  headers: z.object({ "idempotency-key": IdempotencyKey.optional() }),
  body: z.strictObject({
    fromPhase: z.string().min(1).max(40),
    input: z
      .unknown()
      .optional()
      .meta({ description: "What the phase begins with, in place of what it was given" }),
  }),
  answers: {
    200: {
      description: "The job that was forked before with this Idempotency-Key",
      schema: Job,
      headers: replayed,
    },
    202: { description: "The new job; `forkedFrom` names the old one", schema: Job, headers: begun },
  },
  problems: ["not_found", "gone", "conflict", "idempotency_mismatch"],
});
