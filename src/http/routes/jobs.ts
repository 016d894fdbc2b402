import { type Response, Router } from "express";
import { z } from "zod";
import type { Subscriptions } from "../../generation/history/subscriptions.ts";
import type { FoundJob } from "../../generation/requests/find-job.ts";
import type { Service } from "../../generation/requests/service.ts";
import { isBatchId, isJobId } from "../../ids.ts";
import { Usd } from "../../usd.ts";
import { tenantOf } from "../auth.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { whenChanged } from "../long-poll.ts";
import { parse } from "../problems.ts";
import { pollAfterSeconds, viewEvent, viewJob } from "../views.ts";

const Submission = z.strictObject({
  type: z.string().min(1).max(40),
  input: z.unknown(),
  priority: z.int().min(-100).max(100).optional(),
  startAfter: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .refine(
      (time) => time.getUTCFullYear() >= 1970 && time.getUTCFullYear() < 10_000,
      "expected a time from 1970 to 9999",
    )
    .optional(),
  maxAttempts: z.int().min(1).max(20).optional(),
  maxCostUsd: Usd.optional(),
  tags: z.array(z.string().min(1).max(100)).max(20).optional(),
  topicId: z.uuid().optional(),
  supersedes: z.string().refine(isJobId, "expected the id of a job").optional(),
});

const Resumption = z.strictObject({ maxCostUsd: Usd.optional() });

const Listing = z.strictObject({
  status: z.enum(["pending", "processing", "completed", "failed", "cancelled"]).optional(),
  type: z.string().max(40).optional(),
  batchId: z.string().refine(isBatchId, "expected the id of a batch").optional(),
  tag: z.string().max(100).optional(),
  q: z.string().min(1).max(200).optional(),
  include: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(["input", "result"])))
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().refine(isJobId, "expected a cursor that a page before gave").optional(),
});

/** Submit, read, list, cancel and resume. */
export function jobRoutes(service: Service, subscriptions: Subscriptions): Router {
  const router = Router();

  router.post("/jobs", async (request, response) => {
    const submission = parse(Submission, request.body);
    const idempotencyKey = idempotencyKeyOf(request);
    const { job, replayed } = await service.submit(tenantOf(request), { ...submission, idempotencyKey });
    if (replayed) response.set("Idempotency-Replayed", "true");
    response.location(`/v1/jobs/${job.id}`);
    sendJob(response.status(replayed ? 200 : 202), job);
  });

  router.get("/jobs", async (request, response) => {
    const { cursor, ...filter } = parse(Listing, request.query);
    const page = await service.list(tenantOf(request), { ...filter, before: cursor });
    response.json({ data: page.jobs.map(viewJob), nextCursor: page.before });
  });

  router.get("/jobs/:id", async (request, response) => {
    const tenant = tenantOf(request);
    const found = await service.find(tenant, request.params.id);
    const job = await whenChanged(request, response, { service, subscriptions, tenant }, found);
    sendJob(response, job);
  });

  router.get("/jobs/:id/events", async (request, response) => {
    const { after } = parse(
      z.object({ after: z.coerce.number().int().min(0).max(2_147_483_647).default(0) }),
      request.query,
    );
    const job = await service.find(tenantOf(request), request.params.id);
    response.json({ data: (await service.readEvents(job, after)).map(viewEvent) });
  });

  router.post("/jobs/:id/cancel", async (request, response) => {
    sendJob(response, await service.cancel(tenantOf(request), request.params.id));
  });

  router.post("/jobs/:id/resume", async (request, response) => {
    const options = parse(Resumption, request.body ?? {});
    const job = await service.resume(tenantOf(request), request.params.id, options);
    response.location(`/v1/jobs/${job.id}`);
    sendJob(response.status(202), job);
  });

  return router;
}

function sendJob(response: Response, job: FoundJob): void {
  const seconds = pollAfterSeconds(job);
  if (seconds !== null) response.set("Retry-After", String(seconds));
  response.json(viewJob(job));
}
