import { isIP } from "node:net";
import type { RequestHandler } from "express";
import { RequestError } from "../../errors.ts";

/**
 * Protects a service that is open to its own machine from web pages in a browser on that machine. A request must name
 * a loopback host (421 otherwise), and one that may change something must not come from a page of another machine (403) unless `origins` names it.
 */
export const loopbackOnly =
  (origins: readonly string[]): RequestHandler =>
  (request, _response, next) => {
    // A page reaches this machine under its own name when that name's DNS entry is changed to 127.0.0.1 (DNS rebinding).
    // A browser always sends a Host; a request without one is a probe of HTTP/1.0.
    const host = request.get("Host");
    if (host !== undefined && !isLoopbackHost(host)) {
      throw new RequestError(
        "misdirected",
        `Expected a Host of this machine, such as localhost or 127.0.0.1, got "${host}". A proxy must set Host to localhost.`,
      );
    }
    // A browser sends a form's POST to any host, and a proxy on this machine sets a Host that fits.
    const origin = request.get("Origin");
    if (
      origin !== undefined &&
      !reading.has(request.method) &&
      !isLoopbackOrigin(origin) &&
      !origins.includes(origin)
    ) {
      throw new RequestError("forbidden", `Expected a page of this machine as the Origin, got "${origin}".`);
    }
    next();
  };

const reading = new Set(["GET", "HEAD", "OPTIONS"]);

function isLoopbackHost(host: string): boolean {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  // `localhost.` is the same name, written out in full.
  return (
    /^([\w-]+\.)*localhost\.?$/.test(name) || name === "[::1]" || (isIP(name) === 4 && name.startsWith("127."))
  );
}

function isLoopbackOrigin(origin: string): boolean {
  const [, host = ""] = /^https?:\/\/(.+)$/i.exec(origin) ?? [];
  return isLoopbackHost(host);
}
