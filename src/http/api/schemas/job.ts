import { z } from "zod";
import { type JobErrorCode, jobErrors } from "../../../errors.ts";
import { Cost, Count, Time, Uuid } from "./basics.ts";

export const Status = z.enum(["pending", "processing", "completed", "failed", "cancelled"]).meta({ id: "Status" });

/** The catalogue of what ends an attempt. */
export const JobErrorCodes = z.enum(Object.keys(jobErrors) as JobErrorCode[]).meta({ id: "JobErrorCode" });

export const JobError = z
  .object({
    code: JobErrorCodes,
    message: z.string().nullable(),
    detail: z.string().nullable().meta({ description: "Where it went wrong, if that has a place" }),
    retryable: z.boolean().nullable(),
    phase: z.string(),
    attempt: Count,
    providerRequestId: z.string().nullable(),
    callId: Uuid.nullable().meta({ description: "The failed call to a model, as the ledger names it" }),
  })
  .meta({ id: "JobError" });

const tokens = z.object({ input: Count, cachedInput: Count, output: Count });

/** What `viewJob` gives. */
export const Job = z
  .object({
    id: z.string(),
    type: z.string(),
    status: Status,
    phase: z.string(),
    percentage: z.int().min(0).max(100),
    currentStep: z.string(),
    attempts: Count,
    maxAttempts: Count,
    nextAttemptAt: Time.nullable(),
    startBefore: Time.nullable(),
    waitingFor: z.string().nullable(),
    estimatedTimeRemaining: Count.nullable().meta({
      description: "Seconds, by the median of the latest completed jobs of its type; null with fewer than five",
    }),
    queuePosition: Count.nullable().meta({
      description:
        "Its place among the waiting jobs of its type: 1 for the next; null once it has started, while it waits for its time, its tenant's limit or the end of a pause, and beyond 1,000",
    }),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    cost: Cost.nullable().meta({
      description: "USD, with that of the jobs it has spawned; null as soon as a call has no known price",
    }),
    tokens,
    priority: z.int().min(-100).max(100),
    wordCount: Count.nullable(),
    seoScore: Count.nullable(),
    topicId: Uuid.nullable(),
    articleId: Uuid.nullable(),
    batchId: z.string().nullable(),
    forkedFrom: z.string().nullable(),
    scheduleId: Uuid.nullable(),
    parentId: z.string().nullable().meta({ description: "The job that has spawned this one" }),
    supersedes: z.string().nullable(),
    tags: z.array(z.string()),
    maxCostUsd: z.string().nullable(),
    input: z.unknown().optional(),
    result: z.unknown().optional(),
    error: JobError.nullable(),
    createdAt: Time,
    startedAt: Time.nullable(),
    completedAt: Time.nullable(),
    lastUpdated: Time,
    urls: z.object({ self: z.string(), events: z.string(), cancel: z.string(), resume: z.string() }),
  })
  .meta({ id: "Job" });
