import { Router } from "express";
import type { Db } from "../../db/client.ts";
import { readGate } from "../../model/gates.ts";
import type { ModelPort } from "../../model/port.ts";

export type HealthFacts = {
  db: Db;
  isListening: () => boolean;
  /** The model that is asked. */
  port: Pick<ModelPort, "provider" | "model">;
  roles: readonly string[];
};

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
    const gate = await readGate(db, port).catch(() => "unavailable" as const);
    const ready = gate !== "unavailable";
    if (!ready) response.status(503).set("Retry-After", "5");
    response.json({
      status: ready ? "ready" : "unavailable",
      checks: {
        database: ready ? "ok" : "unavailable",
        notifications: isListening() ? "listening" : "polling",
        model: !ready ? "unknown" : (gate?.code ?? "ok"),
      },
      provider: port.provider,
      model: port.model,
      modelClosedUntil: ready ? (gate?.until.toISOString() ?? null) : null,
      roles,
    });
  });

  return router;
}
