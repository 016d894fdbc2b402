import type { RequestHandler } from "express";
import type { Metrics } from "../telemetry/metrics.ts";

/** Measures each request under the path of its route. What waits on purpose, a stream or a long poll, is left out. */
export const measure =
  (metrics: Pick<Metrics, "answered">): RequestHandler =>
  (request, response, next) => {
    const began = performance.now();
    response.once("finish", () => {
      const isHeld =
        request.get("Prefer") !== undefined || response.get("Content-Type")?.startsWith("text/event-stream");
      if (isHeld) return;
      // A path that no route takes is the caller's invention.
      const route = request.route ? `${request.baseUrl}${String(request.route.path)}` : "none";
      const seconds = (performance.now() - began) / 1000;
      metrics.answered({ method: request.method, route, status: response.statusCode, seconds });
    });
    next();
  };
