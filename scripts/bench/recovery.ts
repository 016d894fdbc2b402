import { setTimeout as delay } from "node:timers/promises";
import { readConfig } from "../../src/config.ts";
import { startDemoModel } from "../../src/demo/server.ts";
import { createLog } from "../../src/log.ts";
import { startGalley } from "../../src/start.ts";
import { story } from "../../tests/support/story.ts";
import { createWorkers } from "../chaos/workers.ts";
import { percentiles } from "./percentiles.ts";

/** Milliseconds from `kill -9` of the worker that runs a job until another one has asked the model again. */
export async function recoveryMilliseconds(url: string, kills: number): Promise<{ p50: number; p95: number }> {
  // It begins to answer and never ends.
  const model = await startDemoModel({ onChunk: () => new Promise(() => undefined) });
  const env = { DATABASE_URL: url, OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "demo-1", PORT: "0" };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api" }), {
    jobTypes: [story],
    log: createLog("silent"),
  });
  const workers = createWorkers({ ...env, ROLES: "worker" });
  const { pool } = desk.database;
  workers.start();
  workers.start();
  try {
    const durations: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      while (workers.ready().length < 2) await delay(20);
      const input = { title: "Killed", chapters: 1 };
      const { job } = await desk.service.submit("local", { type: "story", input });
      while (model.calls.open() < 1) await delay(5);
      const { rows } = await pool.query<{ pid: number }>(
        "select pid from workers where id = (select worker_id from generation_jobs where id = $1)",
        [job.id],
      );
      const victim = workers.ready().find(({ pid }) => pid === rows[0]?.pid);
      if (!victim) throw new Error("No worker runs the job.");
      const began = performance.now();
      await workers.end(victim, "SIGKILL");
      while (model.calls.open() > 0) await delay(1);
      while (model.calls.open() < 1) await delay(1);
      durations.push(performance.now() - began);
      await desk.service.cancel("local", job.id);
      while (model.calls.open() > 0) await delay(5);
      workers.start();
    }
    return percentiles(durations);
  } finally {
    for (const worker of workers.running()) await workers.end(worker, "SIGKILL");
    await desk.close();
    await model.close();
  }
}
