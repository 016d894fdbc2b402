import { setTimeout as delay } from "node:timers/promises";
import { Router } from "express";
import type { Db } from "../../db/client.ts";
import { describeOutage, type Outage } from "../../db/outages.ts";
import { newUuid } from "../../ids.ts";
import { type CalledModel, readGate } from "../../model/gates.ts";
import type { ModelPort } from "../../model/port.ts";

export type HealthFacts = {
  db: Db;
  isListening: () => boolean;
  /** The model that is asked. */
  port: Pick<ModelPort, "provider" | "model">;
  roles: readonly string[];
};

type Gate = Awaited<ReturnType<typeof readGate>>;

/**
 * `/healthz`: the process answers. `/readyz`: what it needs answers too. A model that must not be called now is told
 * by its error code, but jobs are taken all the same.
 */
export function healthRoutes({ db, isListening, port, roles }: HealthFacts): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });

  router.get("/readyz", async (_request, response) => {
    const { gate, outage } = await look(db, port);
    if (outage) response.status(503).set("Retry-After", "5");
    response.json({
      status: outage ? "unavailable" : "ready",
      checks: {
        database: outage ? "unavailable" : "ok",
        notifications: isListening() ? "listening" : "polling",
        model: outage ? "unknown" : (gate?.code ?? "ok"),
      },
      databaseError: outage && { code: outage.code, reason: outage.reason },
      provider: port.provider,
      model: port.model,
      modelClosedUntil: gate?.until.toISOString() ?? null,
      roles,
    });
  });

  return router;
}

const patienceMilliseconds = 3_000;

/** Reads, and writes what is taken back: a database that only answers is not ready. */
async function look(db: Db, port: CalledModel): Promise<{ gate: Gate; outage: Outage | null }> {
  const late = delay(patienceMilliseconds, undefined, { ref: false }).then(() => {
    throw new Error("Query read timeout");
  });
  try {
    const gate = await Promise.race([readGate(db, port), late]);
    await Promise.race([tryToWrite(db), late]);
    // What was written here fits where there is room; what jobs write may not.
    return { gate, outage: db.$client.outages?.current() ?? null };
  } catch (error) {
    db.$client.outages?.report(error);
    return { gate: null, outage: describeOutage(error) };
  }
}

async function tryToWrite({ $client: pool }: Db): Promise<void> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query(pool.session.begin);
    await client.query("insert into generation_job_tombstones (id, tenant) values ($1, '')", [newUuid()]);
    await client.query("rollback");
    isBroken = false;
  } finally {
    client.release(isBroken);
  }
}
