import { Gauge, type Registry } from "prom-client";
import type { Db } from "../db/client.ts";
import { queryWith, statement } from "../db/commit/statement.ts";
import type { Outages } from "../db/outage/outages.ts";
import type { Catalogue } from "../generation/job/catalogue.ts";
import type { Queue } from "../generation/queue/queue.ts";
import { listPauses } from "../generation/queue/turns/pauses.ts";
import { findTypesWithoutWorker } from "../generation/queue/types-without-worker.ts";
import { readNextCleanup } from "../generation/upkeep/cleanup/runs.ts";
import type { Log } from "../log/log.ts";
import { type CalledModel, readGate } from "../model/gates.ts";

/** What is looked at whenever metrics are asked for. */
export type GaugeSources = {
  db: Db;
  outages: Pick<Outages, "look">;
  log: Log;
  queue: Pick<Queue, "due">;
  catalogue: Catalogue;
  models: readonly CalledModel[];
  /** How many phases run in this process, and how many may. Null: it is no worker. */
  slots: { running: () => number; of: number } | null;
};

/** Sets the gauges of what is now. Those of the whole service, which every process gives alike, are read from the database. */
export function createGauges(registry: Registry, sources: GaugeSources): { look(): Promise<void> } {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const databaseUp = gauge(
    "galley_database_up",
    "1 if the database answered when these metrics were read, and takes writes",
  );
  const jobs = gauge("galley_jobs", "Jobs that are not finished, in all", ["type", "status"]);
  const oldest = gauge(
    "galley_queue_oldest_wait_seconds",
    "For how long what is next in a phase's queue has been due",
    ["type", "phase"],
  );
  const closed = gauge(
    "galley_model_gate_closed",
    "1 while a model must not be called, by the error that closed it",
    ["provider", "model", "code"],
  );
  const workers = gauge("galley_workers", "Processes that run phases, in all");
  const missing = gauge("galley_types_without_worker", "Job types that no living worker knows");
  const paused = gauge("galley_paused", "1 for what an operator has paused: all, a type or a tenant", [
    "scope",
    "name",
  ]);
  const overdue = gauge(
    "galley_cleanup_overdue",
    "1 if for an hour no worker took the cleanup that is due, or got through it",
  );
  const running = gauge("galley_attempts_running", "Phases that run in this process");
  const slots = gauge("galley_slots", "Phases that may run at once in this process");
  const shared = [jobs, oldest, closed, paused];
  const query = queryWith(sources.db.$client, sources.db.$client.session);

  async function lookAtDatabase(): Promise<void> {
    const { db, queue, catalogue, models } = sources;
    const [counts, due, gates, [alive], withoutWorker, pauses, cleanup] = await Promise.all([
      query<{ type: string; status: string; jobs: number }>(countLive, []),
      queue.due(),
      Promise.all(models.map(async (model) => ({ ...model, gate: await readGate(db, model) }))),
      query<{ workers: number }>(countWorkers, []),
      findTypesWithoutWorker(db, catalogue),
      listPauses(db),
      readNextCleanup(db),
    ]);
    for (const one of shared) one.reset();
    for (const { type, status, jobs: count } of counts) jobs.set({ type, status }, count);
    const waits = new Map(due.map(({ queue: name, waitedSeconds }) => [name, waitedSeconds]));
    for (const { type, name: phase, queue: name } of catalogue.phases)
      oldest.set({ type, phase }, waits.get(name) ?? 0);
    for (const { provider, model, gate } of gates) if (gate) closed.set({ provider, model, code: gate.code }, 1);
    for (const { scope, name } of pauses) paused.set({ scope, name }, 1);
    workers.set(alive?.workers ?? 0);
    missing.set(withoutWorker.length);
    overdue.set(cleanup.isOverdue ? 1 : 0);
  }

  return {
    async look() {
      running.set(sources.slots?.running() ?? 0);
      slots.set(sources.slots?.of ?? 0);
      const [isRead, outage] = await Promise.all([
        lookAtDatabase().then(
          () => true,
          (error: unknown) => {
            sources.log.warn({ event: "gauges_failed", err: error });
            return false;
          },
        ),
        sources.outages.look(),
      ]);
      databaseUp.set(isRead && !outage ? 1 : 0);
      // What was true of the service a while ago is not shown as if it were now.
      if (isRead) return;
      for (const one of shared) one.reset();
      // Without labels, reset would be 0.
      for (const one of [workers, missing, overdue]) one.remove();
    },
  };
}

const countLive = statement(`
  select type, status, count(*)::integer as jobs from generation_jobs
  where status in ('pending', 'processing') group by type, status`);
// A worker says every ten seconds that it is there.
const countWorkers = statement(`
  select count(*)::integer as workers from workers
  where seen_at > now() - interval '30 seconds' and gone_at is null`);
