import express, { type Express } from "express";
import type { KeyRing } from "../access/key-ring.ts";
import { createTokens } from "../access/tokens.ts";
import { consoleRoutes } from "../console/routes.ts";
import type { Shops } from "../content/shopify/shops.ts";
import type { Subscriptions } from "../generation/history/subscriptions.ts";
import type { Catalogue } from "../generation/job/catalogue.ts";
import type { TypicalTimes } from "../generation/job/progress/typical-times.ts";
import type { Queue } from "../generation/queue/queue.ts";
import type { Service } from "../generation/requests/service.ts";
import type { Log } from "../log/log.ts";
import type { Schedules } from "../schedules/schedules.ts";
import { isLoopback } from "../settings/config.ts";
import type { Exposition } from "../telemetry/expose.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { createGuard } from "./access/guard.ts";
import { crossOrigin, securityHeaders } from "./access/headers.ts";
import { watchRevocations } from "./access/revocations.ts";
import { eventRoutes } from "./events/routes.ts";
import { legacyRoutes } from "./legacy/routes.ts";
import { jsonBody } from "./middleware/body.ts";
import { unambiguousHead } from "./middleware/head.ts";
import { loopbackOnly } from "./middleware/loopback.ts";
import { measure } from "./middleware/measure.ts";
import { requestId } from "./middleware/request-id.ts";
import { traced } from "./middleware/trace.ts";
import { nothingHere, problemHandler } from "./problems.ts";
import { drainRoutes, type RunDue } from "./routes/admin/drain.ts";
import { keyRoutes } from "./routes/admin/keys.ts";
import { pauseRoutes } from "./routes/admin/pauses.ts";
import { tenantRoutes } from "./routes/admin/tenants.ts";
import { answerRoutes } from "./routes/answers.ts";
import { batchRoutes } from "./routes/batches.ts";
import { articleRoutes } from "./routes/content/articles.ts";
import { shopRoutes } from "./routes/content/shops.ts";
import { topicRoutes } from "./routes/content/topics.ts";
import { docsRoutes } from "./routes/docs.ts";
import { type HealthFacts, healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { statisticsRoutes } from "./routes/statistics.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { typeRoutes } from "./routes/types.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

export type AppOptions = HealthFacts & {
  service: Service;
  webhooks: Webhooks;
  schedules: Schedules;
  shops: Shops;
  catalogue: Catalogue;
  subscriptions: Subscriptions;
  queue: Queue;
  typicalTimes: TypicalTimes;
  metrics: Metrics;
  exposition: Exposition;
  runDue: RunDue;
  /** Aborted when the process stops: what is held open ends. */
  stopping: AbortSignal;
  keys: KeyRing;
  log: Log;
  /** The address that the service listens on. */
  host: string;
  /** Of pages that may call it from a browser. */
  origins: readonly string[];
  /** Of one key. 0: no limit. */
  requestsPerMinute: number;
};

/** The HTTP face of the service. */
export function createApp(options: AppOptions): Express {
  const { service, webhooks, catalogue, subscriptions, keys, log, db, host, origins, requestsPerMinute } = options;
  const app = express();
  app.disable("x-powered-by");
  app.use(traced, measure(options.metrics));
  app.use(requestId, securityHeaders, unambiguousHead);
  if (isLoopback(host)) app.use(loopbackOnly(origins));
  if (origins.length > 0) app.use(crossOrigin(origins));
  app.use(healthRoutes(options));
  app.use(docsRoutes(catalogue.types));
  app.use(consoleRoutes());
  // It belongs to a tenant: no cache on the way keeps it.
  app.use(["/v1", "/api"], (_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  const tokens = createTokens(db);
  const access = { keys, tokens, db, log, isLoopback: isLoopback(host) };
  const guard = createGuard({ ...access, requestsPerMinute });
  app.use(metricsRoutes(access, options.exposition));
  app.use("/api/ai/v2-queue", legacyRoutes(guard, options));
  app.use("/v1", guard, jsonBody);
  const revocationOf = watchRevocations(keys);
  app.use(
    jobRoutes({ service, subscriptions, revocationOf, stopping: options.stopping }),
    eventRoutes({ service, subscriptions, revocationOf, stopping: options.stopping, log }),
    answerRoutes(service),
    batchRoutes(service.batches),
    scheduleRoutes(options.schedules),
    topicRoutes(db),
    pauseRoutes(db, catalogue),
    keyRoutes(db, log),
    tenantRoutes(db),
    drainRoutes(options.runDue, options.stopping),
    articleRoutes(db),
    shopRoutes(options.shops),
    typeRoutes(catalogue),
    statisticsRoutes(db, options.queue),
    tokenRoutes(service, tokens),
    webhookRoutes(service, webhooks),
  );
  app.use(nothingHere);
  app.use(problemHandler(log));
  return app;
}
