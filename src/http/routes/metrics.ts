import { type RequestHandler, Router } from "express";
import type { Exposition } from "../../telemetry/expose.ts";

/** `/metrics`, for who may see what concerns the service as a whole. */
export function metricsRoutes(authenticated: RequestHandler, exposition: Exposition): Router {
  const router = Router();
  router.get("/metrics", authenticated, async (_request, response) => {
    response
      .set("Cache-Control", "no-store")
      .type(exposition.contentType)
      .send(await exposition.text());
  });
  return router;
}
