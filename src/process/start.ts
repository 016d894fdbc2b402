import type { NewKey } from "../access/key.ts";
import { createKeyRing, type KeyRing } from "../access/key-ring.ts";
import type { JobType } from "../author/index.ts";
import { createShops } from "../content/shopify/shops.ts";
import { StartError } from "../errors.ts";
import { catchStrayErrors } from "../generation/attempt/run/stray-errors.ts";
import { receiveNotices } from "../generation/dispatch/receive-notices.ts";
import { createFamilies } from "../generation/family/families.ts";
import { createSubscriptions, type Subscriptions } from "../generation/history/subscriptions.ts";
import { createAdmission } from "../generation/queue/turns/admission.ts";
import { createService, type Service } from "../generation/requests/service.ts";
import { createApp } from "../http/app.ts";
import { closeServer, listen } from "../http/listen.ts";
import { createHttpServer } from "../http/server.ts";
import { createWorkerApp } from "../http/worker-app.ts";
import type { Log } from "../log/log.ts";
import { createSchedules } from "../schedules/schedules.ts";
import { type Config, isLoopback } from "../settings/config.ts";
import { createExposition } from "../telemetry/expose.ts";
import { assemble, type Closing, createClosing, type Parts } from "./assemble.ts";
import { runDue } from "./drain.ts";
import { createSubmissions } from "./submissions.ts";
import { scheduleUpkeep } from "./upkeep.ts";
import { type RunningWorker, startWorker } from "./worker.ts";

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

/** What the settings ask for, from the database up. Throws StartError with one clear line for what the operator can mend. */
export async function startGalley(config: Config, options: Options): Promise<Galley> {
  const closing = createClosing(options.log);
  // Until all else is closed: what a handler has left behind may throw as long as the process lives.
  if (config.ROLES.includes("worker")) closing.add(catchStrayErrors(options.log));
  try {
    return { ...(await start(config, options, closing)), close: closing.close };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function start(config: Config, { jobTypes, log, until, ownKey }: Options, closing: Closing) {
  const parts = await assemble(config, jobTypes, log, closing, until);
  const { database, queue, catalogue, models, typicalTimes, metrics } = parts;
  const { db } = database;
  const keys = createKeyRing(db, ownKey);
  await refuseOpenDoor(config, keys);
  const taken = createSubmissions(config, parts, log);
  const { submissions, webhooks } = taken;
  const service = createService({ ...submissions, typicalTimes });
  const subscriptions: Subscriptions = createSubscriptions(db, () => listener.isListening());

  let worker: RunningWorker | undefined;
  const admission = createAdmission({ db, queue, catalogue }, log);
  const families = createFamilies({ db, queue, catalogue }, log);
  const listener = receiveNotices(database, log, subscriptions, () => worker?.dispatcher, admission, families, {
    relay: webhooks.relaySoon,
    deliver() {
      worker?.deliverer.wake();
      return worker !== undefined;
    },
  });
  closing.add(listener.close);
  // At the same time, so that requests that are held open take no time from the grace of running attempts.
  const stops: (() => Promise<unknown>)[] = [];
  closing.add(() => Promise.all(stops.map((stop) => stop())));

  if (config.ROLES.includes("worker")) {
    const options = { ...parts, ...taken, config, log, isListening: () => listener.isListening() };
    const started = await startWorker(options, closing);
    worker = started;
    stops.push(started.stop);
    await scheduleUpkeep(options, closing);
  }

  const dispatcher = worker?.dispatcher;
  const running = () => dispatcher?.running() ?? 0;
  const hurry = () => void dispatcher?.stop(0);
  const galley = { ...parts, service, running, hurry };
  const slots = dispatcher ? { running, of: config.WORKER_CONCURRENCY } : null;
  const exposition = createExposition(metrics, {
    db,
    outages: database.outages,
    log,
    queue,
    catalogue,
    models: models.all,
    slots,
  });
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
