import { setTimeout as delay } from "node:timers/promises";
import { neverEnding, startDesk } from "./support/desk.ts";
import { percentiles } from "./support/percentiles.ts";

/**
 * Milliseconds from the request to cancel in this process until the socket of the model's call is closed in another
 * one, each job for itself.
 */
export async function cancelMilliseconds(url: string, jobs: number): Promise<{ p50: number; p95: number }> {
  const env = { WORKER_CONCURRENCY: String(jobs) };
  const started = await startDesk(url, { demo: neverEnding, workers: 1, env });
  const { desk, model } = started;
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
    await started.close();
  }
}
