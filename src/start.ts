import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { NewKey } from "./access/key.ts";
import { createKeyRing, type KeyRing } from "./access/key-ring.ts";
import { assemble, type Closing, createClosing, type Parts } from "./assemble.ts";
import type { JobType } from "./author/index.ts";
import { createShops } from "./content/shopify/shops.ts";
import { runDue } from "./drain.ts";
import { StartError } from "./errors.ts";
import type { LostEnding } from "./generation/attempt/ending/ending.ts";
import { catchStrayErrors } from "./generation/attempt/run/stray-errors.ts";
import { type Dispatcher, startDispatcher } from "./generation/dispatch/dispatcher.ts";
import { receiveNotices } from "./generation/dispatch/receive-notices.ts";
import { registerWorker } from "./generation/dispatch/worker-registry.ts";
import { createFamilies } from "./generation/family/families.ts";
import { createSubscriptions, type Subscriptions } from "./generation/history/subscriptions.ts";
import { createAdmission } from "./generation/queue/turns/admission.ts";
import { createService, type Service } from "./generation/requests/service.ts";
import { createSubmitChildren } from "./generation/requests/submit-children.ts";
import { cleanUpIfDue } from "./generation/upkeep/cleanup/cleanup.ts";
import { retentionOf } from "./generation/upkeep/cleanup/retention.ts";
import { recordDay } from "./generation/upkeep/daily-records.ts";
import { watchWorkers } from "./generation/upkeep/dead-workers.ts";
import { reconcile } from "./generation/upkeep/reconciler.ts";
import { rollUp } from "./generation/upkeep/roll-up.ts";
import { createApp } from "./http/app.ts";
import { viewBatch } from "./http/routes/batches.ts";
import { createHttpServer } from "./http/server.ts";
import { viewJob } from "./http/views.ts";
import { createWorkerApp } from "./http/worker-app.ts";
import type { Log } from "./log/log.ts";
import { forgetAccount } from "./model/gates.ts";
import { createSchedules } from "./schedules/schedules.ts";
import { watchSchedules } from "./schedules/watch.ts";
import { type Config, isLoopback } from "./settings/config.ts";
import { createExposition } from "./telemetry/expose.ts";
import type { Deliverer } from "./webhooks/deliverer.ts";
import { createWebhooks } from "./webhooks/webhooks.ts";

/** A running Galley. */
export type Galley = Parts & {
  /** Null without the role `api`. */
  url: string | null;
  /** Null for a worker without METRICS_PORT. */
  metricsUrl: string | null;
  service: Service;
  /** How many phases run now. */
  running(): number;
  /** Hands back what runs, without the grace: for a `close` that is under way. */
  hurry(): void;
  /** Stops in order: no new requests, no new phases, running phases get the grace, then everything closes. */
  close(): Promise<void>;
};

type Options = {
  jobTypes: readonly JobType[];
  log: Log;
  /** Ends the start as soon as it is aborted, with its reason. */
  until?: AbortSignal;
  /** A key that this process alone takes, for the tenant `local`: of the command that starts it for its own use. */
  ownKey?: NewKey;
};

// What falls due is heard of. A process that dies between its commit and its hint is heard by no other one.
const heardPollSeconds = 5;
const unheardPollSeconds = 2;
const everyMinute = "* * * * *";

/** What the settings ask for, from the database up. Throws StartError with one clear line for what the operator can mend. */
export async function startGalley(config: Config, options: Options): Promise<Galley> {
  const closing = createClosing(options.log);
  try {
    return { ...(await start(config, options, closing)), close: closing.close };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function start(config: Config, { jobTypes, log, until, ownKey }: Options, closing: Closing) {
  const parts = await assemble(config, jobTypes, log, closing, until);
  const { database, queue, catalogue, models, prices, typicalTimes, metrics } = parts;
  const { db } = database;
  const keys = createKeyRing(db, ownKey);
  await refuseOpenDoor(config, keys);
  const webhooks = createWebhooks({
    db,
    queue,
    log,
    views: { job: viewJob, batch: viewBatch },
    allowedAddresses: config.WEBHOOK_ALLOWED_ADDRESSES ?? [],
  });
  const submissions = {
    db,
    queue,
    catalogue,
    maxCostPerJobUsd: config.MAX_COST_PER_JOB_USD,
    problemOfWebhookUrl: webhooks.problemOf,
  };
  const service = createService({ ...submissions, typicalTimes });
  const subscriptions: Subscriptions = createSubscriptions(db, () => listener.isListening());

  let dispatcher: Dispatcher | undefined;
  let deliverer: Deliverer | undefined;
  const admission = createAdmission({ db, queue, catalogue }, log);
  const families = createFamilies({ db, queue, catalogue }, log);
  const listener = receiveNotices(database, log, subscriptions, () => dispatcher, admission, families, {
    relay: webhooks.relaySoon,
    deliver() {
      deliverer?.wake();
      return deliverer !== undefined;
    },
  });
  closing.add(listener.close);
  // At the same time, so that requests that are held open take no time from the grace of running attempts.
  const stops: (() => Promise<void>)[] = [];
  closing.add(() => Promise.all(stops.map((stop) => stop())));

  if (config.ROLES.includes("worker")) {
    const letThrough = catchStrayErrors(log);
    closing.add(async () => letThrough());
    for (const provider of new Set(models.usual.map((port) => port.provider))) await forgetAccount(db, provider);
    // Registered before anything is run, so that the reconciler knows that some worker knows the phase.
    const worker = await registerWorker({ db, catalogue });
    const started = startDispatcher({
      worker,
      db,
      queue,
      catalogue,
      models,
      publisher: parts.publisher,
      prices,
      submitChildren: createSubmitChildren(submissions),
      typicalTimes,
      metrics,
      log,
      concurrency: config.WORKER_CONCURRENCY,
      otherWorkers: () => watch.others(),
      pollSeconds: () => (listener.isListening() ? heardPollSeconds : unheardPollSeconds),
      maxOutputBytes: config.MAX_OUTPUT_MIB * 1024 * 1024,
    });
    dispatcher = started;
    stops.push(() => started.stop(config.SHUTDOWN_GRACE_SECONDS));
    const sending = webhooks.startDeliverer();
    deliverer = sending;
    // What a process that died had left.
    webhooks.relaySoon();
    stops.push(() => sending.stop(config.SHUTDOWN_GRACE_SECONDS));
    const schedules = watchSchedules({ ...submissions, log, metrics });
    stops.push(schedules.stop);
    const onHandedOn = (ending: LostEnding) => "at" in ending && started.wakeAt(ending.at);
    const watch = watchWorkers({ db, queue, catalogue, log, worker, onHandedOn });
    closing.add(watch.stop);
    // What was lost in a crash is found now, and not at pg-boss's next look.
    void queue.supervise().catch((error: unknown) => log.warn({ event: "supervise_failed", err: error }));
    void reconcile({ ...parts, db, log }).catch((error: unknown) =>
      log.warn({ event: "reconcile_failed", err: error }),
    );
    await queue.schedule("reconcile", everyMinute, async () => {
      webhooks.relaySoon();
      await reconcile({ ...parts, db, log });
    });
    await queue.schedule("roll_up", everyMinute, async () => {
      await rollUp(db);
      await recordDay(db);
    });
    const stopping = new AbortController();
    const cleanup = { retention: retentionOf(config), log, until: stopping.signal };
    // One that was missed is made up for now.
    const missed = cleanUpIfDue(db, cleanup).catch((error: unknown) =>
      log.warn({ event: "cleanup_failed", err: error }),
    );
    closing.add(async () => {
      stopping.abort();
      await missed;
    });
    await queue.schedule("cleanup", everyMinute, () => cleanUpIfDue(db, cleanup));
  }

  const running = () => dispatcher?.running() ?? 0;
  const hurry = () => void dispatcher?.stop(0);
  const galley = { ...parts, service, running, hurry };
  const slots = dispatcher ? { running, of: config.WORKER_CONCURRENCY } : null;
  const exposition = createExposition(metrics, { db, log, queue, catalogue, models: models.all, slots });
  const health = {
    db,
    outages: database.outages,
    isListening: listener.isListening,
    models: models.usual,
    allModels: models.all,
    roles: config.ROLES,
    catalogue,
    exposition,
    keys,
    log,
    host: config.HOST,
  };
  const stopping = new AbortController();
  if (!config.ROLES.includes("api")) {
    if (config.METRICS_PORT === undefined) return { ...galley, url: null, metricsUrl: null };
    const watched = createHttpServer(createWorkerApp(health), { keepAliveSeconds: config.KEEP_ALIVE_SECONDS });
    stops.push(() => closeServer(watched, stopping));
    const url = await listen(watched, { HOST: config.HOST, PORT: config.METRICS_PORT });
    return { ...galley, url: null, metricsUrl: `${url}/metrics` };
  }
  const server = createHttpServer(
    createApp({
      ...health,
      service,
      webhooks,
      schedules: createSchedules(submissions),
      shops: createShops(db, parts.sealer),
      subscriptions,
      queue,
      typicalTimes,
      metrics,
      runDue: (until) =>
        runDue(
          config,
          { jobTypes, log, until },
          dispatcher ? { ...submissions, metrics, dispatcher, traces: parts.traces } : null,
        ),
      stopping: stopping.signal,
      origins: config.CORS_ORIGINS ?? [],
      requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    }),
    { keepAliveSeconds: config.KEEP_ALIVE_SECONDS },
  );
  stops.push(() => closeServer(server, stopping));
  const url = await listen(server, config);
  return { ...galley, url, metricsUrl: `${url}/metrics` };
}

// Before any work is begun.
async function refuseOpenDoor({ ROLES, METRICS_PORT, HOST }: Config, keys: KeyRing): Promise<void> {
  if (!(ROLES.includes("api") || METRICS_PORT) || isLoopback(HOST) || (await keys.hasKeys())) return;
  throw new StartError(
    `HOST: at ${HOST} others reach the service, and there is no API key yet that would keep them out. ` +
      "Make one (npm run keys -- create --tenant acme), or set HOST to a loopback address like 127.0.0.1.",
  );
}

async function listen(server: Server, { HOST, PORT }: Pick<Config, "HOST" | "PORT">): Promise<string> {
  server.listen(PORT, HOST);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") {
      throw new StartError(`Port ${PORT} on ${HOST} is taken. Stop what uses it, or set PORT to another one.`);
    }
    throw new StartError(`Cannot listen on ${HOST}:${PORT}: ${error.message}.`, { cause: error });
  });
  const { port } = server.address() as AddressInfo;
  return `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${port}`;
}

async function closeServer(server: Server, stopping: AbortController): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  // The client of a request that is held open (a stream, a long poll) comes back to another process.
  stopping.abort();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 1_000).unref();
  await closed;
}
