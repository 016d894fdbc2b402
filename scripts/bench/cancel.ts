import { setTimeout as delay } from "node:timers/promises";
import { readConfig } from "../../src/config.ts";
import { startDemoModel } from "../../src/demo/server.ts";
import { createLog } from "../../src/log.ts";
import { startGalley } from "../../src/start.ts";
import { story } from "../../tests/support/story.ts";
import { createWorkers } from "../chaos/workers.ts";
import { percentiles } from "./percentiles.ts";

/**
 * Milliseconds from the request to cancel in this process until the socket of the model's call is closed in another
 * one, each job for itself.
 */
export async function cancelMilliseconds(url: string, jobs: number): Promise<{ p50: number; p95: number }> {
  // It begins to answer and never ends.
  const model = await startDemoModel({ onChunk: () => new Promise(() => undefined) });
  const env = { DATABASE_URL: url, OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "demo-1", PORT: "0" };
  const options = { jobTypes: [story], log: createLog("silent") };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api" }), options);
  const workers = createWorkers({ ...env, ROLES: "worker", WORKER_CONCURRENCY: String(jobs) });
  workers.start();
  try {
    const ids: string[] = [];
    for (let submitted = 0; submitted < jobs; submitted++) {
      const input = { title: "Cancelled", chapters: 1 };
      ids.push((await desk.service.submit("local", { type: "story", input })).job.id);
    }
    while (model.calls.open() < jobs) await delay(20);
    const durations: number[] = [];
    for (const [cancelled, id] of ids.entries()) {
      const began = performance.now();
      await fetch(`${desk.url}/v1/jobs/${id}/cancel`, { method: "POST" });
      while (model.calls.open() >= jobs - cancelled) await delay(1);
      durations.push(performance.now() - began);
    }
    return percentiles(durations);
  } finally {
    for (const worker of workers.running()) await workers.end(worker, "SIGKILL");
    await desk.close();
    await model.close();
  }
}
