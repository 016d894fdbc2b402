import { collectDefaultMetrics, Registry } from "prom-client";
import { createGauges, type GaugeSources } from "./gauges.ts";
import type { Metrics } from "./metrics.ts";

/** The metrics of a process in the text format of Prometheus. */
export type Exposition = { contentType: string; text(): Promise<string> };

let processRegistry: Registry | undefined;

export function createExposition({ registry }: Metrics, sources: GaugeSources): Exposition {
  const now = new Registry();
  const gauges = createGauges(now, sources);
  const all = Registry.merge([ofProcess(), registry, now]);
  return {
    contentType: all.contentType,
    async text() {
      await gauges.look();
      return await all.metrics();
    },
  };
}

/** CPU, memory and event loop: once, whatever runs in the process. */
function ofProcess(): Registry {
  if (processRegistry) return processRegistry;
  processRegistry = new Registry();
  collectDefaultMetrics({ register: processRegistry });
  // Gauges under names of counters.
  for (const what of ["handles", "requests", "resources"])
    processRegistry.removeSingleMetric(`nodejs_active_${what}_total`);
  return processRegistry;
}
