import { createSealer, type Sealer } from "../access/sealer.ts";
import type { JobType } from "../author/index.ts";
import { createPublisher, type Publisher } from "../content/shopify/publisher.ts";
import { type Database, openDatabase } from "../db/client.ts";
import { checkConnectionLimit } from "../db/connection-limit.ts";
import { sayingWhatIsMissing } from "../db/failures.ts";
import { migrateDatabase } from "../db/migrate.ts";
import { placeIn, reachDatabase } from "../db/reach.ts";
import { hasTenantRole, tenantRole } from "../db/rights/tenant-role.ts";
import { type Catalogue, createCatalogue } from "../generation/job/catalogue.ts";
import { observeTransitions } from "../generation/job/landed.ts";
import { openTypicalTimes, type TypicalTimes } from "../generation/job/progress/typical-times.ts";
import { openQueue, type Queue } from "../generation/queue/queue.ts";
import type { Log } from "../log/log.ts";
import { checkPhases, chooseModels, nameModels } from "../model/choose.ts";
import type { Models } from "../model/models.ts";
import { useProxy } from "../model/proxy.ts";
import { readPriceFile } from "../money/price-file.ts";
import { createPriceList, type PriceList } from "../money/prices.ts";
import type { Config } from "../settings/config.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { startTraces, type Traces } from "../telemetry/traces/start.ts";
import { transitionLine } from "../telemetry/transition-line.ts";

/** What every way of running Galley stands on. */
export type Parts = {
  database: Database;
  catalogue: Catalogue;
  queue: Queue;
  models: Models;
  prices: PriceList;
  /** Null without SECRETS_KEY. */
  sealer: Sealer | null;
  publisher: Publisher;
  typicalTimes: TypicalTimes;
  metrics: Metrics;
  traces: Traces;
};

/** What to do at the end, in reverse order of how it was begun. */
export type Closing = {
  add(step: () => Promise<unknown>): void;
  close(): Promise<void>;
};

export function createClosing(log: Log): Closing {
  const steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step) => void steps.push(step),
    async close() {
      for (const step of steps.splice(0).reverse()) {
        await step().catch((error: unknown) => log.error({ event: "close_failed", err: error }));
      }
    },
  };
}

/** Reads the prices, reaches the database, migrates it, and starts queue and model. `until`: ends that when aborted. */
export async function assemble(
  config: Config,
  jobTypes: readonly JobType[],
  log: Log,
  closing: Closing,
  until?: AbortSignal,
): Promise<Parts> {
  const traces = await startTraces(config, log);
  closing.add(traces.stop);
  const catalogue = createCatalogue(jobTypes);
  checkPhases(nameModels(config), new Set(catalogue.phases.map(({ name }) => name)));
  const prices = createPriceList(await readPriceFile(config.PRICES_FILE));
  const { url, leave } = await reachDatabase(config, log);
  closing.add(leave);
  until?.throwIfAborted();
  const database = await openDatabase(url, log, {
    ...placeIn(config),
    until,
    maxConnections: config.DATABASE_POOL_SIZE ?? connectionsFor(config),
    timeoutSeconds: config.DATABASE_TIMEOUT_SECONDS,
  });
  closing.add(database.close);
  await checkConnectionLimit(database, log);
  until?.throwIfAborted();
  const applied = await migrateDatabase(url, placeIn(config));
  if (applied.length > 0) log.info({ event: "migrated", migrations: applied });
  database.session.hasTenantRole = await hasTenantRole(database.pool);
  if (!database.session.hasTenantRole)
    log.warn({
      event: "row_level_security_off",
      reason: `${database.session.role} may not act as ${tenantRole}: npm run db:grants -- --role ${database.session.role} prints what it needs`,
    });
  const leaveProxy = useProxy();
  closing.add(async () => leaveProxy());
  const { models, close } = await chooseModels(config);
  closing.add(close);
  const queue = await sayingWhatIsMissing(database.session.role, () =>
    openQueue(database, catalogue, log, { supervise: config.ROLES.includes("worker") }),
  );
  closing.add(queue.stop);
  until?.throwIfAborted();
  const typicalTimes = await openTypicalTimes(database.db, catalogue, log);
  const metrics = createMetrics({ phases: catalogue.phases, models: models.all });
  observeTransitions(database.db, (landed) => {
    for (const one of landed) log.info(transitionLine(one));
    metrics.landed(landed);
  });
  const sealer = createSealer(config.SECRETS_KEY ?? []);
  const publisher = createPublisher({ db: database.db, sealer, origin: config.SHOPIFY_ORIGIN, log });
  return { database, catalogue, queue, models, prices, sealer, publisher, typicalTimes, metrics, traces };
}

// An attempt needs a connection only while it writes; the API, pg-boss and the dispatcher need some of their own.
export const connectionsFor = (config: Config): number => Math.min(20, 6 + config.WORKER_CONCURRENCY);
