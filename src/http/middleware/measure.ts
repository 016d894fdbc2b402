import type { Request, RequestHandler } from "express";
import type { Metrics } from "../../telemetry/metrics.ts";

/** Measures each request under the path of its route. What waits on purpose, a stream or a long poll, is left out. */
export const measure =
  (metrics: Pick<Metrics, "answered">): RequestHandler =>
  (request, response, next) => {
    const began = performance.now();
    response.once("finish", () => {
      const isHeld =
        request.get("Prefer") !== undefined || response.get("Content-Type")?.startsWith("text/event-stream");
      if (isHeld) return;
      const route = routeOf(request) ?? "none";
      const seconds = (performance.now() - began) / 1000;
      metrics.answered({ method: request.method, route, status: response.statusCode, seconds });
    });
    next();
  };

/** The path of the route that a request has taken. Null if there is none: then its path is the caller's invention. */
export const routeOf = (request: Request): string | null =>
  request.route ? `${request.baseUrl}${String(request.route.path)}` : null;
