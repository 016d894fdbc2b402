import { type Context, context, propagation, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api";

/** Where a trace goes on, in the words of W3C: `traceparent`, and `tracestate` if there is one. */
export type TraceContext = Readonly<Record<string, string>>;

/** The place in the trace that the calling code is in. Undefined where no trace is recorded. */
export const traceContext = (): TraceContext | undefined => written(context.active());

/** The place of this span. Undefined where no trace is recorded. */
export const traceContextOf = (span: Span): TraceContext | undefined => written(trace.setSpan(ROOT_CONTEXT, span));

/** A trace that was begun elsewhere, to go on with. What is no trace context is a beginning. */
export const continued = (carrier: object | undefined): Context =>
  carrier ? propagation.extract(ROOT_CONTEXT, carrier) : ROOT_CONTEXT;

function written(place: Context): TraceContext | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(place, carrier);
  return carrier.traceparent === undefined ? undefined : carrier;
}
