import { type DemoOptions, startDemoModel } from "../../../../src/demo/server.ts";
import { createLog } from "../../../../src/log/log.ts";
import { startGalley } from "../../../../src/process/start.ts";
import { readConfig } from "../../../../src/settings/config.ts";
import { story } from "../../../../tests/support/story.ts";
import { createWorkers } from "../../chaos/workers.ts";

/** The API in this process, so many workers in processes of their own, and the demo model that they ask for stories. */
export async function startDesk(
  url: string,
  { demo, workers: count, env = {} }: { demo: DemoOptions; workers: number; env?: Record<string, string> },
) {
  const model = await startDemoModel(demo);
  const shared = { DATABASE_URL: url, OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "demo-1", PORT: "0", ...env };
  const options = { jobTypes: [story], log: createLog("silent") };
  const desk = await startGalley(readConfig({ ...shared, ROLES: "api" }), options);
  const workers = createWorkers({ ...shared, ROLES: "worker" });
  for (let started = 0; started < count; started++) workers.start();
  return {
    model,
    desk,
    workers,
    async close() {
      for (const worker of workers.running()) await workers.end(worker, "SIGKILL");
      await desk.close();
      await model.close();
    },
  };
}

/** A demo model that begins to answer and never ends. */
export const neverEnding: DemoOptions = { onChunk: () => new Promise(() => undefined) };
