import { resolve } from "node:path";
import type { Models } from "../model/models.ts";
import type { Config } from "../settings/config.ts";
import { maskAddress, maskUrl } from "../settings/database-url.ts";

/** What a process stands on, for the first line of its log: no secret is in it. */
export function startedLine(config: Config, models: Pick<Models, "usual">): Record<string, unknown> {
  const { DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT: collector } = config;
  return {
    event: "started",
    roles: config.ROLES,
    ...(config.ROLES.includes("worker") && { slots: config.WORKER_CONCURRENCY }),
    database: DATABASE_URL ? maskAddress(DATABASE_URL) : `embedded in ${resolve(config.GALLEY_DATA_DIR)}`,
    schema: config.DATABASE_SCHEMA,
    queueSchema: config.QUEUE_SCHEMA,
    models: models.usual.map(({ provider, model }) => `${provider}/${model}`),
    traces: collector ? maskUrl(collector) : "off",
  };
}
