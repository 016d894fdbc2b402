import { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { z } from "zod";
import { ensureTopic } from "../../content/topics.ts";
import type { Db } from "../../db/client.ts";
import { RequestError } from "../../errors.ts";
import type { JobRow } from "../../generation/job/job.ts";
import { type JobTransaction, transactJobs } from "../../generation/job/locked-jobs.ts";
import type { TypicalTimes } from "../../generation/job/progress/typical-times.ts";
import { ensureBatch } from "../../generation/requests/batches.ts";
import type { Service } from "../../generation/requests/service.ts";
import type { Log } from "../../log/log.ts";
import { readJobStats } from "../../statistics/job-stats.ts";
import { tenantOf } from "../auth.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { jsonBody } from "../middleware/body.ts";
import { toRequestError } from "../problems.ts";
import { articleOf, batchIdsOf, Titled } from "./submission.ts";
import { estimateCompletion, viewLegacyProgress } from "./view.ts";

const version = "2.0.0";
const maxBatchJobs = 1_000;

const Body = z.looseObject({});
type Body = z.output<typeof Body>;
const Identified = z.object({ jobId: z.string().min(1) });

/**
 * The route of the system that Galley replaces, in its own shapes: `{ success, data }` or `{ error }`.
 * Its front end works with it unchanged.
 */
export function legacyRoutes(
  guard: RequestHandler[],
  { service, db, typicalTimes, log }: { service: Service; db: Db; typicalTimes: TypicalTimes; log: Log },
): Router {
  const router = Router();
  router.use(guard, jsonBody);

  async function submit(
    transaction: JobTransaction,
    tenant: string,
    { topicId, input }: ReturnType<typeof articleOf>,
    identity: { batchId?: string; idempotencyKey?: string | undefined },
  ): Promise<JobRow> {
    if (topicId) await ensureTopic(transaction.tx, tenant, { ...input.topic, id: topicId });
    return (await service.submitWithin(transaction, tenant, { type: "article", input, topicId, ...identity })).job;
  }

  async function queue(tenant: string, body: Body, idempotencyKey: string | undefined) {
    if (!Titled.safeParse(body.topic).success) throw refusal("Topic with title is required");
    const article = articleOf(body.topic, body);
    const job = await transactJobs(db, (transaction) => submit(transaction, tenant, article, { idempotencyKey }));
    const estimatedCompletion = estimateCompletion(job, typicalTimes.of(job.type));
    return { jobId: job.id, estimatedCompletion, status: "queued" };
  }

  async function queueBatch(tenant: string, body: Body, idempotencyKey: string | undefined) {
    const { topics } = body;
    if (!Array.isArray(topics) || topics.length === 0) throw refusal("Array of topics is required");
    if (topics.length > maxBatchJobs) throw refusal(`A batch may have up to ${maxBatchJobs} topics`);
    if (!topics.every((one) => Titled.safeParse(one).success)) throw refusal("Topic with title is required");
    const articles = topics.map((topic) => articleOf(topic, body));
    const { batchId, keyOf } = batchIdsOf(tenant, idempotencyKey, body);
    const jobIds = await transactJobs(db, async (transaction) => {
      await ensureBatch(transaction, tenant, batchId, articles.length);
      const ids: string[] = [];
      for (const [index, article] of articles.entries()) {
        ids.push((await submit(transaction, tenant, article, { batchId, idempotencyKey: keyOf(index) })).id);
      }
      return ids;
    });
    return { batchId, jobIds, jobCount: jobIds.length, status: "queued" };
  }

  router.post("/", async (request, response) => {
    const tenant = tenantOf(request);
    const body = Body.catch({}).parse(request.body);
    const idempotencyKey = idempotencyKeyOf(request);
    switch (body.action) {
      case "queue":
        response.json(success(await queue(tenant, body, idempotencyKey)));
        return;
      case "batch":
        response.json(success(await queueBatch(tenant, body, idempotencyKey)));
        return;
      default:
        throw refusal(`Unknown action: ${String(body.action)}`);
    }
  });

  router.get("/", async (request, response) => {
    const tenant = tenantOf(request);
    const { jobId, batchId, stats } = request.query;
    const timestamp = new Date().toISOString();
    if (typeof jobId === "string") {
      response.json(success(viewLegacyProgress(await findJob(tenant, jobId))));
    } else if (typeof batchId === "string") {
      const { jobs } = await service.list(tenant, { batchId, limit: maxBatchJobs });
      if (jobs.length === 0) throw new RequestError("not_found", `Batch not found: ${batchId}`);
      const completed = jobs.filter(({ status }) => status === "completed").length;
      response.json(
        success({ batchId, jobs: jobs.reverse().map(viewLegacyProgress), completed, total: jobs.length }),
      );
    } else if (stats === "true") {
      response.json(success({ queue: await readJobStats(db, tenant), timestamp }));
    } else {
      const capabilities = {
        backgroundProcessing: true,
        batchOperations: true,
        progressTracking: true,
        retryMechanism: true,
      };
      const queue = await readJobStats(db, tenant);
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
