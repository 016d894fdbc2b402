import { Router } from "express";
import type { z } from "zod";
import type { Db } from "../../db/client.ts";
import type { Outages } from "../../db/outage/outages.ts";
import { describeOutage } from "../../db/outage/words.ts";
import type { Catalogue } from "../../generation/job/catalogue.ts";
import { listPauses } from "../../generation/queue/turns/pauses.ts";
import { findTypesWithoutWorker } from "../../generation/queue/types-without-worker.ts";
import { readNextCleanup } from "../../generation/upkeep/cleanup/runs.ts";
import { type CalledModel, readGate } from "../../model/gates.ts";
import type { InTurn } from "../../model/models.ts";
import type { Readiness } from "../api/schemas/health.ts";
import { reply, serve } from "../api/serve.ts";
import { getHealth, getReadiness } from "../api/specs/health.ts";
import { timeOf } from "../views.ts";
import { viewPause } from "./admin/pauses.ts";

export type HealthFacts = {
  db: Db;
  outages: Pick<Outages, "look">;
  isListening: () => boolean;
  /** The models that are asked where no phase says otherwise, in this order. */
  models: InTurn<CalledModel>;
  /** Those, and what phases ask beside them. */
  allModels: readonly CalledModel[];
  roles: readonly ("api" | "worker")[];
  catalogue: Catalogue;
};

/**
 * `/healthz`: the process answers. `/readyz`: what it needs answers too, and the database takes writes. A model that must
 * not be called now is named by its error code, and so are types that no worker knows; jobs are taken all the same.
 * `model` is `stand_in` while the first model must not be called and another one can be.
 */
export function healthRoutes({
  db,
  outages,
  isListening,
  models,
  allModels,
  roles,
  catalogue,
}: HealthFacts): Router {
  const router = Router();
  // It is true at this moment alone.
  router.use(["/healthz", "/readyz"], (_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });

  serve(router, getHealth, async () => reply(200, { status: "ok" as const }));

  serve(router, getReadiness, async () => {
    const { outage, gates, withoutWorker, paused, cleanup } = await look();
    const [gate] = gates;
    const body: z.input<typeof Readiness> = {
      status: outage ? "unavailable" : "ready",
      ...(outage && { reason: outage.message, sqlState: outage.code }),
      checks: {
        database: outage ? "unavailable" : "ok",
        notifications: isListening() ? "listening" : "polling",
        model: outage ? "unknown" : stateOf(gates.slice(0, models.length)),
        workers: outage ? "unknown" : withoutWorker.length > 0 ? "missing" : "ok",
        cleanup: cleanup === null ? "unknown" : cleanup.isOverdue ? "overdue" : "ok",
      },
      cleanupDueAt: timeOf(cleanup?.nextDueAt ?? null),
      typesWithoutWorker: withoutWorker,
      // Whose jobs wait is not for everyone to read.
      paused: paused.filter(({ scope }) => scope !== "tenant").map(viewPause),
      pausedTenants: paused.filter(({ scope }) => scope === "tenant").length,
      provider: models[0].provider,
      model: models[0].model,
      modelClosedUntil: gate?.until.toISOString() ?? null,
      models: allModels.map(({ provider, model }, index) => ({
        provider,
        model,
        state: outage ? "unknown" : (gates[index]?.code ?? "ok"),
        closedUntil: gates[index]?.until.toISOString() ?? null,
      })),
      roles: [...roles],
    };
    return outage ? reply(503, body, { "Retry-After": "5" }) : reply(200, body);
  });

  async function look() {
    const outage = await outages.look();
    const nothing = { gates: [], withoutWorker: [], paused: [], cleanup: null };
    if (outage) return { outage, ...nothing };
    try {
      const gates = await Promise.all(allModels.map((model) => readGate(db, model)));
      const withoutWorker = await findTypesWithoutWorker(db, catalogue);
      const paused = await listPauses(db);
      return { outage, gates, withoutWorker, paused, cleanup: await readNextCleanup(db) };
    } catch (error) {
      return { outage: describeOutage(error), ...nothing };
    }
  }

  return router;
}

function stateOf([first, ...others]: readonly ({ code: string } | null)[]): string {
  if (!first) return "ok";
  return others.includes(null) ? "stand_in" : first.code;
}
