import type { LostEnding } from "../generation/attempt/ending/ending.ts";
import { type Dispatcher, startDispatcher } from "../generation/dispatch/dispatcher.ts";
import { registerWorker } from "../generation/dispatch/worker-registry.ts";
import { createSubmitChildren } from "../generation/requests/submit-children.ts";
import { watchWorkers } from "../generation/upkeep/dead-workers.ts";
import type { Log } from "../log/log.ts";
import { forgetAccount } from "../model/gates.ts";
import { watchSchedules } from "../schedules/watch.ts";
import type { Config } from "../settings/config.ts";
import type { Deliverer } from "../webhooks/deliverer.ts";
import type { Closing, Parts } from "./assemble.ts";
import type { Submissions } from "./submissions.ts";

type Options = Parts &
  Submissions & {
    config: Config;
    log: Log;
    /** Whether what other processes commit is heard of. */
    isListening: () => boolean;
  };

export type RunningWorker = {
  dispatcher: Dispatcher;
  deliverer: Deliverer;
  /** Takes nothing new, and gives what runs the grace. */
  stop(): Promise<unknown>;
};

// What falls due is heard of. A process that dies between its commit and its hint is heard by no other one.
const heardPollSeconds = 5;
const unheardPollSeconds = 2;

/** Takes phases, schedules and deliveries as they fall due. */
export async function startWorker(options: Options, closing: Closing): Promise<RunningWorker> {
  const { config, database, queue, catalogue, models, log, isListening, submissions, webhooks } = options;
  const { db } = database;
  for (const provider of new Set(models.usual.map((port) => port.provider))) await forgetAccount(db, provider);
  // Registered before anything is run, so that the reconciler knows that some worker knows the phase.
  const worker = await registerWorker({ db, catalogue });
  const dispatcher = startDispatcher({
    ...dispatcherParts(options),
    worker,
    otherWorkers: () => watch.others(),
    pollSeconds: () => (isListening() ? heardPollSeconds : unheardPollSeconds),
  });
  const deliverer = webhooks.startDeliverer();
  // What a process that died had left.
  webhooks.relaySoon();
  const schedules = watchSchedules({ ...submissions, log, metrics: options.metrics });
  const onHandedOn = (ending: LostEnding) => "at" in ending && dispatcher.wakeAt(ending.at);
  const watch = watchWorkers({ db, queue, catalogue, log, worker, onHandedOn });
  closing.add(watch.stop);
  const grace = config.SHUTDOWN_GRACE_SECONDS;
  return {
    dispatcher,
    deliverer,
    stop: () => Promise.all([dispatcher.stop(grace), deliverer.stop(grace), schedules.stop()]),
  };
}

/** What every dispatcher is given, that of a worker and that of a drain. */
export const dispatcherParts = ({
  config,
  database,
  submissions,
  log,
  ...parts
}: Omit<Options, "isListening">) => ({
  ...parts,
  db: database.db,
  log,
  submitChildren: createSubmitChildren(submissions),
  concurrency: config.WORKER_CONCURRENCY,
  maxOutputBytes: config.MAX_OUTPUT_MIB * 1024 * 1024,
});
