import { hostname } from "node:os";
import { lt, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { workers } from "../../db/schema/index.ts";
import { newUuid } from "../../ids.ts";
import type { Catalogue } from "../job/catalogue.ts";

const rememberedSeconds = 24 * 3600;

/** A process that runs phases, as the table of workers has it. */
export type Worker = typeof workers.$inferInsert;

/**
 * Writes into the table of workers that this process runs phases and which ones it knows. Its heartbeat keeps that up.
 * What is known of a worker that has gone stays: a newer version may yet make way for the older one again.
 */
export async function registerWorker({ db, catalogue }: { db: Db; catalogue: Catalogue }): Promise<Worker> {
  const worker = {
    id: newUuid(),
    host: hostname(),
    pid: process.pid,
    queues: catalogue.phases.map(({ queue }) => queue),
  };
  await db.insert(workers).values(worker);
  await db.delete(workers).where(lt(workers.seenAt, sql`now() - make_interval(secs => ${rememberedSeconds})`));
  return worker;
}
