import { sql } from "drizzle-orm";
import { Router } from "express";
import type { Db } from "../../db/client.ts";

export type HealthFacts = {
  db: Db;
  isListening: () => boolean;
  provider: string;
  roles: readonly string[];
};

/** `/healthz`: the process answers. `/readyz`: what it needs answers too. */
export function healthRoutes({ db, isListening, provider, roles }: HealthFacts): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });

  router.get("/readyz", async (_request, response) => {
    const database = await db.execute(sql`select 1 from generation_jobs limit 0`).then(
      () => "ok",
      () => "unavailable",
    );
    const ready = database === "ok";
    if (!ready) response.status(503).set("Retry-After", "5");
    response.json({
      status: ready ? "ready" : "unavailable",
      checks: { database, notifications: isListening() ? "listening" : "polling", model: provider },
      roles,
    });
  });

  return router;
}
