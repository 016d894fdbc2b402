import { Router } from "express";
import type { Subject, Tokens } from "../../access/tokens.ts";
import { RequestError } from "../../errors.ts";
import type { Service } from "../../generation/requests/service.ts";
import { reply, serve } from "../api/serve.ts";
import { createToken } from "../api/specs/tokens.ts";
import { callerOf } from "../auth.ts";

/** Gives a browser a token that reads one job or batch of the tenant's, and nothing else. */
export function tokenRoutes(service: Service, tokens: Tokens): Router {
  const router = Router();

  serve(router, createToken, async ({ body: { jobId, batchId = "", ttlSeconds }, tenant, request }) => {
    const subject = jobId === undefined ? { batchId } : { jobId };
    await requireOwn(tenant, subject);
    const { token, expiresAt } = await tokens.sign({ tenant, keyId: callerOf(request).keyId, subject }, ttlSeconds);
    return reply(201, { token, expiresAt: expiresAt.toISOString() });
  });

  async function requireOwn(tenant: string, subject: Subject): Promise<void> {
    if ("jobId" in subject) return void (await service.find(tenant, subject.jobId));
    const { jobs } = await service.list(tenant, { batchId: subject.batchId, limit: 1 });
    if (jobs.length === 0) throw new RequestError("not_found", "There is no such batch.");
  }

  return router;
}
