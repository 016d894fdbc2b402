import { Router } from "express";
import type { JobErrorCode } from "../../errors.ts";
import { isFinished } from "../../generation/job/transitions.ts";
import type { Batch, Batches } from "../../generation/requests/batches.ts";
import type { ListedBatch } from "../../generation/requests/lists/list-batches.ts";
import { reply, serve } from "../api/serve.ts";
import { cancelBatch, getBatch, listBatches, submitBatch } from "../api/specs/batches.ts";

/** Submit, list, read and cancel many jobs as one. */
export function batchRoutes(batches: Batches): Router {
  const router = Router();

  serve(router, submitBatch, async ({ body, headers, tenant }) => {
    const submission = { ...body, idempotencyKey: headers["idempotency-key"] };
    const { batch, replayed } = await batches.submit(tenant, submission);
    const location = { Location: `/v1/batches/${batch.id}` };
    return replayed
      ? reply(200, viewBatch(batch), { ...location, "Idempotency-Replayed": "true" })
      : reply(202, viewBatch(batch), location);
  });

  serve(router, listBatches, async ({ query: { limit, cursor }, tenant }) => {
    const page = await batches.list(tenant, { limit, before: cursor });
    return reply(200, { data: page.batches.map(viewListedBatch), nextCursor: page.before });
  });

  serve(router, getBatch, async ({ params, tenant }) =>
    reply(200, viewBatch(await batches.find(tenant, params.id))),
  );

  serve(router, cancelBatch, async ({ params, tenant }) =>
    reply(200, viewBatch(await batches.cancel(tenant, params.id))),
  );

  return router;
}

/** A batch as the API shows it. */
export function viewBatch({ jobs, ...batch }: Batch) {
  const counts = { pending: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 };
  for (const { status } of jobs) counts[status]++;
  const done = jobs.reduce((sum, job) => sum + (isFinished(job.status) ? 100 : job.percentage), 0);
  return {
    ...viewListedBatch({ ...batch, counts, done }),
    jobs: jobs.map(({ errorCode, ...job }) => ({ ...job, errorCode: errorCode as JobErrorCode | null })),
  };
}

function viewListedBatch({ id, tags, createdAt, completedAt, cost, counts, done }: ListedBatch) {
  const { pending, processing, completed, failed, cancelled } = counts;
  const total = pending + processing + completed + failed + cancelled;
  return {
    id,
    status: pending + processing > 0 ? ("processing" as const) : ("completed" as const),
    // Rounded down, so that 100 means all.
    percentage: Math.floor(done / Math.max(1, total)),
    counts,
    total,
    cost,
    tags,
    createdAt: createdAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
    urls: { self: `/v1/batches/${id}`, jobs: `/v1/jobs?batchId=${id}`, cancel: `/v1/batches/${id}/cancel` },
  };
}
