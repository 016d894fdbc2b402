import { Router } from "express";
import { lastKnown } from "../../access/last-known.ts";
import type { Exposition } from "../../telemetry/expose.ts";
import { type AuthenticateOptions, authenticate } from "../access/authenticate.ts";

/** `/metrics`, for who may see what concerns the service as a whole: also while the database is away, which it then says. */
export function metricsRoutes(access: AuthenticateOptions, exposition: Exposition): Router {
  const router = Router();
  const authenticated = authenticate({ ...access, keys: lastKnown(access.keys) });
  router.get("/metrics", authenticated, async (_request, response) => {
    response
      .set("Cache-Control", "no-store")
      .type(exposition.contentType)
      .send(await exposition.text());
  });
  return router;
}
