import { hostname } from "node:os";
import { lt, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { workers } from "../../db/schema/index.ts";
import { newUuid } from "../../ids.ts";
import type { Log } from "../../log.ts";
import type { Catalogue } from "../job/catalogue.ts";

const seenEveryMilliseconds = 10_000;
const rememberedSeconds = 24 * 3600;

/** Writes into the table of workers, every ten seconds, that this process runs phases and which ones it knows. */
export async function startWorkerRegistry({
  db,
  catalogue,
  log,
}: {
  db: Db;
  catalogue: Catalogue;
  log: Log;
}): Promise<{ stop(): void }> {
  const worker = {
    id: newUuid(),
    host: hostname(),
    pid: process.pid,
    queues: catalogue.phases.map(({ queue }) => queue),
  };
  const write = async () => {
    await db
      .insert(workers)
      .values(worker)
      .onConflictDoUpdate({ target: workers.id, set: { seenAt: sql`now()` } });
  };
  await write();
  await db.delete(workers).where(lt(workers.seenAt, sql`now() - make_interval(secs => ${rememberedSeconds})`));
  const timer = setInterval(
    () => void write().catch((error: unknown) => log.warn({ event: "worker_registry_failed", err: error })),
    seenEveryMilliseconds,
  );
  // What is known of a worker that has gone stays: a newer version may yet make way for the older one again.
  return { stop: () => clearInterval(timer) };
}
