import { Router } from "express";
import type { Db } from "../../db/client.ts";
import type { Outages } from "../../db/outage/outages.ts";
import { describeOutage } from "../../db/outage/words.ts";
import type { Catalogue } from "../../generation/job/catalogue.ts";
import { findTypesWithoutWorker } from "../../generation/queue/types-without-worker.ts";
import { readGate } from "../../model/gates.ts";
import type { ModelPort } from "../../model/port/port.ts";

export type HealthFacts = {
  db: Db;
  outages: Pick<Outages, "look">;
  isListening: () => boolean;
  /** The model that is asked. */
  port: Pick<ModelPort, "provider" | "model">;
  roles: readonly string[];
  catalogue: Catalogue;
};

/**
 * `/healthz`: the process answers. `/readyz`: what it needs answers too, and the database takes writes. A model that must
 * not be called now is named by its error code, and so are types that no worker knows; jobs are taken all the same.
 */
export function healthRoutes({ db, outages, isListening, port, roles, catalogue }: HealthFacts): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });

  router.get("/readyz", async (_request, response) => {
    const { outage, gate, withoutWorker } = await look();
    if (outage) response.status(503).set("Retry-After", "5");
    response.json({
      status: outage ? "unavailable" : "ready",
      ...(outage && { reason: outage.message, sqlState: outage.code }),
      checks: {
        database: outage ? "unavailable" : "ok",
        notifications: isListening() ? "listening" : "polling",
        model: outage ? "unknown" : (gate?.code ?? "ok"),
        workers: outage ? "unknown" : withoutWorker.length > 0 ? "missing" : "ok",
      },
      typesWithoutWorker: withoutWorker,
      provider: port.provider,
      model: port.model,
      modelClosedUntil: gate?.until.toISOString() ?? null,
      roles,
    });
  });

  async function look() {
    const outage = await outages.look();
    const nothing = { gate: null, withoutWorker: [] };
    if (outage) return { outage, ...nothing };
    try {
      return { outage, gate: await readGate(db, port), withoutWorker: await findTypesWithoutWorker(db, catalogue) };
    } catch (error) {
      return { outage: describeOutage(error), ...nothing };
    }
  }

  return router;
}
