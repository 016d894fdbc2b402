import { Router } from "express";
import { reply, serve } from "../../api/serve.ts";
import { drainJobs } from "../../api/specs/admin/drain.ts";

/** Runs what is due until nothing is left or `until` is aborted. Returns how many jobs are still live. */
export type RunDue = (until: AbortSignal) => Promise<{ live: number }>;

/** `POST /v1/drain`. `stopping`: aborted when the process stops. */
export function drainRoutes(runDue: RunDue, stopping: AbortSignal): Router {
  const router = Router();
  serve(router, drainJobs, async ({ query }) => {
    const budget = AbortSignal.timeout(query.budgetSeconds * 1_000);
    const { live } = await runDue(AbortSignal.any([budget, stopping]));
    return reply(200, { live });
  });
  return router;
}
