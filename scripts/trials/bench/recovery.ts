import { setTimeout as delay } from "node:timers/promises";
import { neverEnding, startDesk } from "./support/desk.ts";
import { percentiles } from "./support/percentiles.ts";

/** Milliseconds from `kill -9` of the worker that runs a job until another one has asked the model again. */
export async function recoveryMilliseconds(url: string, kills: number): Promise<{ p50: number; p95: number }> {
  const started = await startDesk(url, { demo: neverEnding, workers: 2 });
  const { desk, model, workers } = started;
  const { pool } = desk.database;
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
    await started.close();
  }
}
