import { Router } from "express";
import type { FoundJob } from "../../generation/requests/find-job.ts";
import { type Window, windowOf } from "../../statistics/window.ts";
import { reply, serve } from "../api/serve.ts";
import { cancelJob, forkJob, getJob, listJobs, resumeFailedJobs, resumeJob, submitJob } from "../api/specs/jobs.ts";
import { etagOf, type LongPollParts, whenChanged } from "../long-poll.ts";
import { pollAfterSeconds, viewJob } from "../views.ts";

/** Submit, read, list, cancel and resume. */
export function jobRoutes(parts: LongPollParts): Router {
  const { service } = parts;
  const router = Router();

  serve(router, submitJob, async ({ body, headers, tenant }) => {
    const idempotencyKey = headers["idempotency-key"];
    const { job, replayed } = await service.submit(tenant, { ...body, idempotencyKey });
    const location = { Location: `/v1/jobs/${job.id}` };
    return replayed
      ? jobReply(200, job, { ...location, "Idempotency-Replayed": "true" })
      : jobReply(202, job, location);
  });

  serve(router, listJobs, async ({ query: { cursor, ...filter }, tenant }) => {
    const page = await service.list(tenant, { ...filter, before: cursor });
    return reply(200, { data: page.jobs.map(viewJob), nextCursor: page.before });
  });

  serve(router, getJob, async ({ params, tenant, request, response }) => {
    const found = await service.find(tenant, params.id);
    const job = await whenChanged(request, response, { ...parts, tenant }, found);
    return jobReply(200, job, { ETag: etagOf(viewJob(job)) });
  });

  serve(router, cancelJob, async ({ params, tenant }) => jobReply(200, await service.cancel(tenant, params.id)));

  serve(router, resumeJob, async ({ params, body, tenant }) => {
    const job = await service.resume(tenant, params.id, body);
    return jobReply(202, job, { Location: `/v1/jobs/${job.id}` });
  });

  serve(router, resumeFailedJobs, async ({ body: { window, maxCostUsd, cursor, ...named }, tenant }) => {
    const kind = { ...named, window: windowOf(window) as Window, after: cursor };
    const { after, ...done } = await service.resumeFailed(tenant, kind, { maxCostUsd });
    return reply(202, { ...done, isMore: after !== null, nextCursor: after });
  });

  serve(router, forkJob, async ({ params, body, headers, tenant }) => {
    const fork = { ...body, idempotencyKey: headers["idempotency-key"] };
    const { job, replayed } = await service.fork(tenant, params.id, fork);
    const location = { Location: `/v1/jobs/${job.id}` };
    return replayed
      ? jobReply(200, job, { ...location, "Idempotency-Replayed": "true" })
      : jobReply(202, job, location);
  });

  return router;
}

function jobReply<const Status extends number>(
  status: Status,
  job: FoundJob,
  headers: Record<string, string> = {},
) {
  const seconds = pollAfterSeconds(job);
  const after: Record<string, string> = seconds === null ? {} : { "Retry-After": String(seconds) };
  return reply(status, viewJob(job), { ...headers, ...after });
}
