import { z } from "zod";
import { route } from "../route.ts";
import { BatchId, IdempotencyKey } from "../schemas/basics.ts";
import { Batch, ListedBatch } from "../schemas/batch.ts";
import { Submission } from "./jobs.ts";

const Identified = z.object({ id: z.string().meta({ description: "The id of a batch" }) });

export const submitBatch = route({
  id: "submitBatch",
  method: "post",
  path: "/v1/batches",
  tag: "batches",
  summary: "Submit up to 1,000 jobs together",
  description: "All of them or none. What is wrong with several of them is said together.",
  headers: z.object({ "idempotency-key": IdempotencyKey.optional() }),
  body: z.strictObject({
    jobs: z
      .array(Submission.omit({ supersedes: true }))
      .min(1)
      .max(1_000),
    tags: z
      .array(z.string().min(1).max(100))
      .max(20)
      .default([])
      .meta({ description: "Given to each of the jobs" }),
  }),
  answers: {
    200: {
      description: "The batch that was submitted before with this Idempotency-Key",
      schema: Batch,
      headers: ["Location", "Idempotency-Replayed"],
    },
    202: { description: "The batch", schema: Batch, headers: ["Location"] },
  },
  problems: ["idempotency_mismatch"],
});

export const listBatches = route({
  id: "listBatches",
  method: "get",
  path: "/v1/batches",
  tag: "batches",
  summary: "List batches, newest first: the progress and the cost of each, without its jobs",
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: BatchId.optional().meta({ description: "`nextCursor` of the page before" }),
  }),
  answers: {
    200: {
      description: "A page",
      schema: z.object({ data: z.array(ListedBatch), nextCursor: z.string().nullable() }),
    },
  },
  problems: [],
});

export const getBatch = route({
  id: "getBatch",
  method: "get",
  path: "/v1/batches/{id}",
  tag: "batches",
  summary: "Read a batch: its progress, its cost, and its jobs in short",
  params: Identified,
  answers: { 200: { description: "The batch", schema: Batch } },
  problems: ["not_found"],
});

export const cancelBatch = route({
  id: "cancelBatch",
  method: "post",
  path: "/v1/batches/{id}/cancel",
  tag: "batches",
  summary: "Cancel what of a batch is not finished",
  params: Identified,
  answers: { 200: { description: "The batch", schema: Batch } },
  problems: ["not_found"],
});
