import { ROOT_CONTEXT, SpanKind, type SpanOptions, trace } from "@opentelemetry/api";
import { continued, type TraceContext, traceContext, traceContextOf } from "./context.ts";
import { tracer } from "./span.ts";

type QueuedJob = { id: string; type: string; queueJobId: string | null };

/** Where a request has asked for a job. `isOneOfMany`: it asked for others too. */
export type JobOrigin = { trace: TraceContext; isOneOfMany: boolean };

/** The calling code's place, as that of one who asks for jobs. Undefined where no trace is recorded. */
export function originHere(isOneOfMany: boolean): JobOrigin | undefined {
  const here = traceContext();
  return here && { trace: here, isOneOfMany };
}

/**
 * A job's place in the trace of the request that asked for it. One of many begins a trace of its own, with a link to the
 * request: a thousand jobs in one trace could not be read. Undefined where no trace is recorded.
 */
export function traceOfJob(queue: string, job: QueuedJob, origin: JobOrigin | undefined): TraceContext | undefined {
  if (!origin) return undefined;
  const asked = continued(origin.trace);
  const asking = trace.getSpanContext(asked);
  const options = { kind: SpanKind.PRODUCER, attributes: messageOf(queue, job, "create") };
  const span =
    origin.isOneOfMany && asking
      ? tracer.startSpan(`create ${queue}`, { ...options, links: [{ context: asking }] }, ROOT_CONTEXT)
      : tracer.startSpan(`create ${queue}`, options, asked);
  span.end();
  return traceContextOf(span);
}

/** The span of an attempt, which takes its queue job. */
export const attemptSpan = (
  queue: string,
  job: QueuedJob & { tenant: string },
  about: { phase: string; attempt: number },
): SpanOptions => ({
  kind: SpanKind.CONSUMER,
  attributes: {
    ...messageOf(queue, job, "process"),
    "galley.tenant": job.tenant,
    "galley.phase": about.phase,
    "galley.attempt": about.attempt,
  },
});

function messageOf(queue: string, { id, type, queueJobId }: QueuedJob, operation: "create" | "process") {
  return {
    "messaging.system": "pg-boss",
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    "messaging.destination.name": queue,
    ...(queueJobId && { "messaging.message.id": queueJobId }),
    "messaging.message.conversation_id": id,
    "galley.job.id": id,
    "galley.job.type": type,
  };
}
