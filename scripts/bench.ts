import { parseArgs } from "node:util";
import { runCommand } from "../src/command.ts";
import { StartError } from "../src/errors.ts";
import { cancelMilliseconds } from "./bench/cancel.ts";
import { pipelinesPerSecond, rawPipelinesPerSecond } from "./bench/throughput.ts";
import { startOwnPostgres } from "./own-postgres.ts";

await runCommand(async () => {
  const { json, jobs } = readArguments();
  const postgres = await startOwnPostgres();
  try {
    const pipelines = await pipelinesPerSecond(postgres.url, jobs);
    const raw = await rawPipelinesPerSecond(postgres.url, jobs);
    const cancel = await cancelMilliseconds(postgres.url, 40);
    const figures = {
      "pipelines a second": round(pipelines),
      "pg-boss alone": round(raw),
      ratio: round(pipelines / raw),
      "cancel to closed socket, p50 ms": cancel.p50,
      "cancel to closed socket, p95 ms": cancel.p95,
    };
    if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
    else
      for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name.padEnd(34)}${figure}\n`);
  } finally {
    await postgres.stop();
  }
});

function readArguments(): { json: boolean; jobs: number } {
  const { values } = parseArgs({
    options: { json: { type: "boolean", default: false }, jobs: { type: "string", default: "300" } },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new StartError(`--jobs takes a number, got "${values.jobs}".`);
  return { json: values.json, jobs };
}

function round(figure: number): number {
  return Number(figure.toPrecision(3));
}
