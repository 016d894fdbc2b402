import { monitorEventLoopDelay } from "node:perf_hooks";
import { createLog } from "../../../../src/log/log.ts";
import { startGalley } from "../../../../src/process/start.ts";
import { readConfig } from "../../../../src/settings/config.ts";
import { noop } from "./noop.ts";
import { streaming } from "./streaming.ts";

/** What a worker answers to any message: since the message before. */
export type WorkerFigures = { rssMiB: number; loopP99Milliseconds: number };

// A worker in a process of its own. It says "ready", and how it is whenever it is asked.
await startGalley(readConfig(), { jobTypes: [noop, streaming], log: createLog("silent") });
const loop = monitorEventLoopDelay({ resolution: 10 });
loop.enable();
process.on("message", () => {
  const figures: WorkerFigures = {
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    loopP99Milliseconds: loop.percentile(99) / 1e6,
  };
  loop.reset();
  process.send?.(figures);
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
