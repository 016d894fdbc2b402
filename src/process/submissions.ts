import type { Db } from "../db/client.ts";
import type { SubmissionParts } from "../generation/requests/submit.ts";
import { viewBatch } from "../http/routes/batches.ts";
import { viewJob } from "../http/views.ts";
import type { Log } from "../log/log.ts";
import type { Config } from "../settings/config.ts";
import { createWebhooks, type Webhooks } from "../webhooks/webhooks.ts";
import type { Parts } from "./assemble.ts";

/** What takes submissions in, and the webhooks that tell of their ends. */
export type Submissions = { submissions: SubmissionParts & { db: Db }; webhooks: Webhooks };

export function createSubmissions(
  config: Config,
  { database: { db }, queue, catalogue, metrics }: Pick<Parts, "database" | "queue" | "catalogue" | "metrics">,
  log: Log,
): Submissions {
  const webhooks = createWebhooks({
    db,
    queue,
    log,
    metrics,
    views: { job: viewJob, batch: viewBatch },
    allowedAddresses: config.WEBHOOK_ALLOWED_ADDRESSES ?? [],
  });
  return {
    webhooks,
    submissions: {
      db,
      queue,
      catalogue,
      maxCostPerJobUsd: config.MAX_COST_PER_JOB_USD,
      problemOfWebhookUrl: webhooks.problemOf,
    },
  };
}
