import { type Context, context, type Span, type SpanOptions, SpanStatusCode, trace } from "@opentelemetry/api";
import { Interruption, JobError, WaitError } from "../../errors.ts";

/** Spans go nowhere, and cost next to nothing, until `startTraces` has named a collector. */
export const tracer = trace.getTracer("galley");

/** Runs `run` in a span that ends with it. What it throws is told by its code: a message may hold what a user wrote. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  run: (span: Span) => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), run, undefined, span);
  } catch (error) {
    const isFailure = !(error instanceof Interruption || error instanceof WaitError);
    if (isFailure) markFailed(span, error instanceof JobError ? error.code : "internal");
    throw error;
  } finally {
    span.end();
  }
}

export function markFailed(span: Span, code: string): void {
  span.setAttribute("error.type", code).setStatus({ code: SpanStatusCode.ERROR });
}
