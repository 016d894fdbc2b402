import { createLog } from "../../../src/log/log.ts";
import { startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { pipelinesPerSecond } from "./pipelines.ts";
import { noop } from "./support/noop.ts";
import type { Contender } from "./support/rounds.ts";
import { startWorkerProcess } from "./support/worker-process.ts";

const slots = "100";

/** Jobs of five empty phases a second with so many worker processes, each with 100 slots. */
export const processContenders = (url: string, jobs: number, counts: readonly number[]): Contender[] =>
  counts.map((count) => ({
    name: `${count} worker${count > 1 ? "s" : ""}, ${slots} slots each`,
    run: () => pipelinesWith(url, jobs, count),
  }));

async function pipelinesWith(url: string, jobs: number, count: number): Promise<number> {
  const env = { DATABASE_URL: url, PORT: "0" };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api" }), {
    jobTypes: [noop],
    log: createLog("silent"),
  });
  const starting = Array.from({ length: count }, () => startWorkerProcess({ ...env, WORKER_CONCURRENCY: slots }));
  try {
    await Promise.all(starting);
    return await pipelinesPerSecond(desk, jobs);
  } finally {
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === "fulfilled") await started.value.end();
    }
    await desk.close();
  }
}
