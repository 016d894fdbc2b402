import { type ErrorRequestHandler, Router } from "express";
import { z } from "zod";
import { ensureTopic } from "../../content/topics.ts";
import type { Db } from "../../db/client.ts";
import { type Transaction, transact } from "../../db/commit/transact.ts";
import { RequestError } from "../../errors.ts";
import type { JobRow } from "../../generation/job/store.ts";
import type { Service } from "../../generation/requests/service.ts";
import { readJobStats, readTypicalSeconds } from "../../generation/requests/statistics.ts";
import { newBatchId } from "../../ids.ts";
import type { Log } from "../../log.ts";
import { tenantOf } from "../auth.ts";
import { jsonBody } from "../body.ts";
import { parse, toRequestError } from "../problems.ts";
import { viewLegacyProgress } from "./view.ts";

const version = "2.0.0";
const maxBatchJobs = 1_000;

// Its front end sends more than this; temperature and maxTokens have no meaning for the models of today.
const Common = z.object({ optimizeForSEO: z.boolean().optional(), targetWordCount: z.number().optional() });
const Topic = z.object({
  id: z.uuid("must be a UUID").nullish(),
  title: z.string(),
  keywords: z.union([z.string(), z.array(z.string())]).optional(),
  tone: z.string().optional(),
  length: z.string().optional(),
  template: z.string().optional(),
});
const Titled = z.object({ title: z.string().trim().min(1) });
const Identified = z.object({ jobId: z.string().min(1) });

/**
 * The route of the system that Galley replaces, in its own shapes: `{ success, data }` or `{ error }`.
 * Its front end works with it unchanged.
 */
export function legacyRoutes(service: Service, db: Db, log: Log): Router {
  const router = Router();
  router.use(jsonBody);

  async function submit(
    transaction: Transaction,
    tenant: string,
    given: unknown,
    common: unknown,
    batchId?: string,
  ): Promise<JobRow> {
    const { id, ...topic } = parse(Topic, given);
    const topicId = id ?? undefined;
    if (topicId) await ensureTopic(transaction.tx, tenant, { ...topic, id: topicId });
    const input = { topic, ...parse(Common, common) };
    return (await service.submitWithin(transaction, tenant, { type: "article", input, topicId, batchId })).job;
  }

  router.post("/", async (request, response) => {
    const tenant = tenantOf(request);
    const body: unknown = request.body;
    const { action, topic, topics } = z.looseObject({}).catch({}).parse(body);
    if (action === "queue") {
      if (!Titled.safeParse(topic).success) throw refusal("Topic with title is required");
      const job = await transact(db, (transaction) => submit(transaction, tenant, topic, body));
      const seconds = await readTypicalSeconds(db, job.type);
      const estimatedCompletion = seconds && new Date(job.createdAt.getTime() + seconds * 1000).toISOString();
      response.json(success({ jobId: job.id, estimatedCompletion, status: "queued" }));
    } else if (action === "batch") {
      if (!Array.isArray(topics) || topics.length === 0) throw refusal("Array of topics is required");
      if (topics.length > maxBatchJobs) throw refusal(`A batch may have up to ${maxBatchJobs} topics`);
      if (!topics.every((one) => Titled.safeParse(one).success)) throw refusal("Topic with title is required");
      const batchId = newBatchId();
      const jobIds = await transact(db, async (transaction) => {
        const ids: string[] = [];
        for (const one of topics) ids.push((await submit(transaction, tenant, one, body, batchId)).id);
        return ids;
      });
      response.json(success({ batchId, jobIds, jobCount: jobIds.length, status: "queued" }));
    } else {
      throw refusal(`Unknown action: ${String(action)}`);
    }
  });

  router.get("/", async (request, response) => {
    const tenant = tenantOf(request);
    const { jobId, batchId, stats } = request.query;
    const timestamp = new Date().toISOString();
    if (typeof jobId === "string") {
      response.json(success(viewLegacyProgress(await findJob(tenant, jobId))));
    } else if (typeof batchId === "string") {
      const jobs = await service.list(tenant, { batchId, limit: maxBatchJobs });
      if (jobs.length === 0) throw new RequestError("not_found", `Batch not found: ${batchId}`);
      const completed = jobs.filter(({ status }) => status === "completed").length;
      response.json(
        success({ batchId, jobs: jobs.reverse().map(viewLegacyProgress), completed, total: jobs.length }),
      );
    } else if (stats === "true") {
      response.json(success({ queue: await readJobStats(db), timestamp }));
    } else {
      const capabilities = {
        backgroundProcessing: true,
        batchOperations: true,
        progressTracking: true,
        retryMechanism: true,
      };
      const queue = await readJobStats(db);
      response.json(success({ service: "Galley", version, status: "active", queue, capabilities, timestamp }));
    }
  });

  router.delete("/", async (request, response) => {
    const given = Identified.safeParse(request.query.jobId === undefined ? request.body : request.query);
    if (!given.success) throw refusal("jobId parameter is required");
    const tenant = tenantOf(request);
    const { id } = await findJob(tenant, given.data.jobId);
    await service.cancel(tenant, id);
    response.json(success({ jobId: id, status: "cancelled" }));
  });

  async function findJob(tenant: string, jobId: string): Promise<JobRow> {
    return await service.find(tenant, jobId).catch((error: unknown) => {
      const unknown = error instanceof RequestError && (error.code === "not_found" || error.code === "gone");
      throw unknown ? new RequestError("not_found", `Job not found: ${jobId}`) : error;
    });
  }

  router.use(((thrown, _request, response, next) => {
    if (response.headersSent) return next(thrown);
    const { status, code, message, issues } = toRequestError(thrown);
    if (code === "internal")
      log.error({ event: "request_failed", requestId: response.get("X-Request-Id"), err: thrown });
    const error = [message, ...issues.map((issue) => `${issue.pointer}: ${issue.message}`)].join(" ");
    response.status(status).json(status >= 500 ? { success: false, error } : { error });
  }) satisfies ErrorRequestHandler);

  return router;
}

const success = <T>(data: T) => ({ success: true, data });
const refusal = (message: string) => new RequestError("invalid_input", message);
