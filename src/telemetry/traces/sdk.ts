import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { getNumberFromEnv, W3CTraceContextPropagator } from "@opentelemetry/core";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Log } from "../../log/log.ts";
import type { Config } from "../../settings/config.ts";
import { readEnvFile } from "../../settings/config-file.ts";
import { samplingOf, shareTraceVariables } from "../../settings/trace-settings.ts";
import { sayingWhenAway } from "./away.ts";
import type { Traces } from "./start.ts";

// A collector that does not answer may not hold up the end of a process: it has ten seconds in all.
const longestFlushMilliseconds = 1_500;

/** Makes the spans of this process from now on, and sends them. */
export async function openTraces(config: Config, log: Log): Promise<Traces> {
  shareTraceVariables(readEnvFile());
  const exporter = sayingWhenAway(await openExporter(config), log);
  const provider = new TracerProvider({
    resource: await describeService(config),
    sampler: samplerOf(config),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...waiting() })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const inTime = async (work: Promise<void>) => {
    await Promise.race([work.catch(() => undefined), delay(longestFlushMilliseconds, undefined, { ref: false })]);
  };
  return {
    flush: () => inTime(provider.forceFlush()),
    async stop() {
      trace.disable();
      context.disable();
      propagation.disable();
      await inTime(provider.shutdown());
    },
  };
}

// Either reads the address, headers, time limit, compression and certificates from the environment.
async function openExporter({ OTEL_EXPORTER_OTLP_PROTOCOL }: Config): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    OTEL_EXPORTER_OTLP_PROTOCOL === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}

/** How many spans wait, and for how long. What finds no room is dropped. */
const waiting = () => ({
  maxQueueSize: getNumberFromEnv("OTEL_BSP_MAX_QUEUE_SIZE") ?? 2_048,
  maxExportBatchSize: getNumberFromEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") ?? 512,
  scheduledDelayMillis: getNumberFromEnv("OTEL_BSP_SCHEDULE_DELAY") ?? 5_000,
  exportTimeoutMillis: getNumberFromEnv("OTEL_BSP_EXPORT_TIMEOUT") ?? 30_000,
});

/** The service as traces name it: by the settings, and by OTEL_RESOURCE_ATTRIBUTES. */
async function describeService({ OTEL_SERVICE_NAME }: Config) {
  const { version } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  return defaultResource()
    .merge(resourceFromAttributes({ "service.name": OTEL_SERVICE_NAME, "service.version": version }))
    .merge(detectResources({ detectors: [envDetector] }));
}

function samplerOf(config: Config): Sampler {
  const { sampler, followsParent, ratio } = samplingOf(config);
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }[sampler]();
  return followsParent ? new ParentBasedSampler({ root }) : root;
}
