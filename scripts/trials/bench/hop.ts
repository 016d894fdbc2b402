import { z } from "zod";
import { defineJob, definePhase } from "../../../src/author/index.ts";
import { createLog } from "../../../src/log/log.ts";
import { startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { percentiles } from "./support/percentiles.ts";

/**
 * Milliseconds from the beginning of a submission's transaction, by the database's clock, to the first line of the
 * handler, job after job, in one process.
 */
export async function hopMilliseconds(url: string, jobs: number): Promise<{ p50: number; p95: number }> {
  const began = new Map<string, number>();
  const arrived = new Map<string, () => void>();
  const Nothing = z.object({});
  const hop = defineJob({
    type: "hop",
    description: "Notes when it begins.",
    input: Nothing,
    phases: [
      definePhase({
        name: "landing",
        input: Nothing,
        output: Nothing,
        async run({ job }) {
          began.set(job.id, performance.timeOrigin + performance.now());
          arrived.get(job.id)?.();
          return {};
        },
      }),
    ],
  });
  const config = readConfig({ DATABASE_URL: url, PORT: "0" });
  const galley = await startGalley(config, { jobTypes: [hop], log: createLog("silent") });
  try {
    const durations: number[] = [];
    for (let done = 0; done < jobs; done++) {
      const { job } = await galley.service.submit("local", { type: "hop", input: {} });
      if (!began.has(job.id)) await new Promise<void>((resolve) => arrived.set(job.id, resolve));
      const { rows } = await galley.database.pool.query<{ ms: number }>(
        "select extract(epoch from created_at)::float8 * 1000 as ms from generation_jobs where id = $1",
        [job.id],
      );
      durations.push((began.get(job.id) ?? Number.NaN) - (rows[0]?.ms ?? Number.NaN));
    }
    return percentiles(durations);
  } finally {
    await galley.close();
  }
}
