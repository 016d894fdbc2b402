import type { Log } from "../../log/log.ts";
import type { Config } from "../../settings/config.ts";

/** The traces of a process. */
export type Traces = {
  /** Sends what is not sent yet; gives up after `longestFlushMilliseconds`. */
  flush(): Promise<void>;
  /** The same, and makes no more. */
  stop(): Promise<void>;
};

const none: Traces = { flush: async () => undefined, stop: async () => undefined };

let running: Traces | undefined;

/**
 * Sends traces to the collector that the settings name. Without one nothing is loaded. What runs in one process shares
 * its traces, and only what has started them stops them.
 */
export async function startTraces(config: Config, log: Log): Promise<Traces> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return none;
  if (running) return { flush: running.flush, stop: running.flush };
  const { openTraces } = await import("./sdk.ts");
  const { flush, stop } = await openTraces(config, log);
  running = {
    flush,
    async stop() {
      running = undefined;
      await stop();
    },
  };
  return running;
}
