import { SpanKind } from "@opentelemetry/api";
import type { Usage } from "../../model/port/port.ts";
import { markFailed, tracer } from "./span.ts";

/** A call to a model that has just ended. `cost`: USD; null if its price is not known. */
export type TracedCall = {
  jobId: string;
  called: { provider: string; model: string; seconds: number };
  end: {
    state: "succeeded" | "failed" | "cancelled";
    usage: Usage;
    cost: string | null;
    servedModel: string | null;
    providerRequestId: string | null;
    errorCode: string | null;
  };
};

/** Writes the span of a call that ends now, within the step that made it. */
export function traceCall({ jobId, called, end }: TracedCall): void {
  const { provider, model, seconds } = called;
  const { state, usage, cost, servedModel, providerRequestId, errorCode } = end;
  const now = Date.now();
  const span = tracer.startSpan(`chat ${model}`, {
    kind: SpanKind.CLIENT,
    startTime: now - seconds * 1000,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.conversation.id": jobId,
      "gen_ai.request.model": model,
      "gen_ai.request.stream": true,
      "gen_ai.usage.input_tokens": usage.input,
      "gen_ai.usage.cache_read.input_tokens": usage.cachedInput,
      "gen_ai.usage.output_tokens": usage.output,
      ...(servedModel !== null && { "gen_ai.response.model": servedModel }),
      ...(providerRequestId !== null && { "galley.provider_request_id": providerRequestId }),
      ...(cost !== null && { "galley.cost_usd": Number(cost) }),
      "galley.call.state": state,
    },
  });
  if (state === "failed") markFailed(span, errorCode ?? "internal");
  span.end(now);
}
