import { z } from "zod";
import { isBatchId, isJobId } from "../../../ids.ts";
import { route } from "../route.ts";

const Wanted = z
  .strictObject({
    jobId: z.string().refine(isJobId, "expected the id of a job").optional(),
    batchId: z.string().refine(isBatchId, "expected the id of a batch").optional(),
    ttlSeconds: z.int().min(1).max(86_400).default(900),
  })
  .refine(
    ({ jobId, batchId }) => (jobId === undefined) !== (batchId === undefined),
    "expected either jobId or batchId",
  )
  .meta({ id: "TokenRequest" });

export const createToken = route({
  id: "createToken",
  method: "post",
  path: "/v1/tokens",
  tag: "jobs",
  summary: "Get a token for a browser",
  description:
    "It reads one job with its events, or one batch with its jobs, and nothing else: as `Authorization: Bearer`, or as `?token=`.",
  body: Wanted,
  answers: {
    201: { description: "The token", schema: z.object({ token: z.string(), expiresAt: z.iso.datetime() }) },
  },
  problems: ["not_found", "gone"],
});
