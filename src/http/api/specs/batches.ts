import { z } from "zod";
import { route } from "../route.ts";
import { IdempotencyKey } from "../schemas/basics.ts";
import { Batch } from "../schemas/batch.ts";
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
    200: { description: "The batch that was submitted before with this Idempotency-Key", schema: Batch },
    202: { description: "The batch", schema: Batch },
  },
  problems: ["idempotency_mismatch"],
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
