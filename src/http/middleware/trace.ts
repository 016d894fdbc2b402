import { context, type Span, SpanKind, trace } from "@opentelemetry/api";
import type { Request, RequestHandler, Response } from "express";
import { continued } from "../../telemetry/traces/context.ts";
import { markFailed, tracer } from "../../telemetry/traces/span.ts";
import { routeOf } from "./measure.ts";

/** What looks at the service itself, every few seconds. */
const unseen = ["/healthz", "/readyz", "/metrics"];

/** Traces each request, as part of its caller's trace if it names one (`traceparent`). */
export const traced: RequestHandler = (request, response, next) => {
  if (unseen.includes(request.path)) return next();
  const parent = continued(request.headers);
  const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parent);
  // A stream ends with its client.
  if (span.isRecording()) response.once("close", () => end(span, request, response));
  context.with(trace.setSpan(parent, span), next);
};

function end(span: Span, request: Request, response: Response): void {
  const route = routeOf(request);
  const { statusCode } = response;
  if (route !== null) span.updateName(`${request.method} ${route}`);
  span.setAttributes({
    "http.request.method": request.method,
    "http.response.status_code": statusCode,
    "url.scheme": request.protocol,
    // Without what follows the path, which may hold a token or what somebody searched for.
    "url.path": request.originalUrl.split("?", 1)[0] ?? "",
    "network.protocol.version": request.httpVersion,
    ...(route !== null && { "http.route": route }),
  });
  if (statusCode >= 500) markFailed(span, String(statusCode));
  span.end();
}
