import express, { type Express } from "express";
import type { KeyRing } from "../access/key-ring.ts";
import { createTokens } from "../access/tokens.ts";
import type { Log } from "../log/log.ts";
import { isLoopback } from "../settings/config.ts";
import type { Exposition } from "../telemetry/expose.ts";
import { securityHeaders } from "./access/headers.ts";
import { unambiguousHead } from "./middleware/head.ts";
import { loopbackOnly } from "./middleware/loopback.ts";
import { requestId } from "./middleware/request-id.ts";
import { nothingHere, problemHandler } from "./problems.ts";
import { type HealthFacts, healthRoutes } from "./routes/health.ts";
import { metricsRoutes } from "./routes/metrics.ts";

export type WorkerAppOptions = HealthFacts & { keys: KeyRing; exposition: Exposition; log: Log; host: string };

/** What a worker without the API shows to whom watches over it. */
export function createWorkerApp(options: WorkerAppOptions): Express {
  const { db, keys, exposition, log, host } = options;
  const app = express();
  app.disable("x-powered-by");
  app.use(requestId, securityHeaders, unambiguousHead);
  if (isLoopback(host)) app.use(loopbackOnly([]));
  app.use(healthRoutes(options));
  const access = { keys, tokens: createTokens(db), log, isLoopback: isLoopback(host) };
  app.use(metricsRoutes(access, exposition));
  app.use(nothingHere);
  app.use(problemHandler(log));
  return app;
}
