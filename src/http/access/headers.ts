import cors from "cors";
import type { RequestHandler } from "express";
import helmet from "helmet";

/**
 * What every answer tells a browser: nothing of it may run, be framed or be read by other pages. What is made for browsers
 * sets a `Content-Security-Policy` of its own. HSTS is for whatever ends TLS in front of the service.
 */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
  },
  strictTransportSecurity: false,
  // For browsers and plug-ins that are no more.
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** Lets pages of these origins, and no others, call the API and read its answers. */
export const crossOrigin = (origins: readonly string[]): RequestHandler =>
  cors({
    origin: [...origins],
    methods: ["GET", "POST", "PATCH", "DELETE"],
    allowedHeaders: [
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "If-None-Match",
      "Last-Event-ID",
      "Prefer",
      "X-Request-Id",
    ],
    exposedHeaders: [
      "ETag",
      "Idempotency-Replayed",
      "Location",
      "Preference-Applied",
      "RateLimit",
      "RateLimit-Policy",
      "Retry-After",
      "X-Request-Id",
    ],
    maxAge: 3600,
  });
