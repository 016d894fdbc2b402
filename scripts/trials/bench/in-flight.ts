import { setTimeout as delay } from "node:timers/promises";
import { createLog } from "../../../src/log/log.ts";
import { startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { inParallel, median } from "./support/rounds.ts";
import { slowModelText, startSlowModel, streaming } from "./support/streaming.ts";
import { startWorkerProcess } from "./support/worker-process.ts";

const deltas = 30;

/** What so many answers of a model at once, each of one delta a second, cost a worker. */
export async function inFlightFigures(url: string, streams: number): Promise<Record<string, number>> {
  const model = await startSlowModel(deltas);
  const env = { DATABASE_URL: url, OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "slow", PORT: "0" };
  const options = { jobTypes: [streaming], log: createLog("silent") };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api" }), options);
  const worker = await startWorkerProcess({ ...env, WORKER_CONCURRENCY: String(streams) });
  const { pool } = desk.database;
  try {
    await inParallel(streams, 50, () => desk.service.submit("local", { type: streaming.type, input: {} }));
    while (model.open() < streams) await delay(20);
    await worker.figures();
    await delay(15_000);
    const { rssMiB, loopP99Milliseconds } = await worker.figures();
    const finished = async () => {
      const { rows } = await pool.query<{ seconds: number; text: string }>(
        `select extract(epoch from completed_at - started_at)::float8 as seconds, result_data->>'text' as text
         from generation_jobs where type = $1 and status = 'completed'`,
        [streaming.type],
      );
      return rows;
    };
    while ((await finished()).length < streams) await delay(200);
    const rows = await finished();
    const wrong = rows.filter(({ text }) => text !== slowModelText(deltas));
    if (wrong.length > 0) throw new Error(`${wrong.length} of ${streams} texts are not what the model sent.`);
    const overhead = median(rows.map(({ seconds }) => seconds / deltas - 1));
    return {
      [`${streams} streams, memory of the worker, MiB`]: rssMiB,
      [`${streams} streams, delay of its event loop, p99 ms`]: loopP99Milliseconds,
      [`${streams} streams, a job beyond its answer, %`]: overhead * 100,
    };
  } finally {
    await worker.end();
    await desk.close();
    await model.close();
  }
}
