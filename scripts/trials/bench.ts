import { runCommand } from "../../src/command/command.ts";
import { readFlags } from "../../src/command/flags.ts";
import { StartError } from "../../src/errors.ts";
import { cancelMilliseconds } from "./bench/cancel.ts";
import { cleanupFigures } from "./bench/cleanup.ts";
import { fairnessFigures } from "./bench/fairness.ts";
import { falseAlarms } from "./bench/false-alarms.ts";
import { growthFigures } from "./bench/growth.ts";
import { hopMilliseconds } from "./bench/hop.ts";
import { httpRates } from "./bench/http.ts";
import { inFlightFigures } from "./bench/in-flight.ts";
import { pipelineContenders, workContender } from "./bench/pipelines.ts";
import { processContenders } from "./bench/processes.ts";
import { recoveryMilliseconds } from "./bench/recovery.ts";
import { streamFigures } from "./bench/sse.ts";
import { statisticsFigures } from "./bench/statistics.ts";
import { medians } from "./bench/support/rounds.ts";
import { startOwnPostgres } from "./own-postgres.ts";

type Figures = Record<string, number>;
type Sizes = { jobs: number; rounds: number; rows: number; minutes: number };
type Measurement = (url: string, sizes: Sizes) => Promise<Figures>;

const measurements: Record<string, Measurement> = {
  async pipelines(url, { jobs, rounds }) {
    const contenders = [50, 250, 1_000].flatMap((slots) => pipelineContenders(url, jobs, slots));
    return await medians([...contenders, workContender(url, jobs, 250)], rounds);
  },
  async http(url, { rounds }) {
    return await httpRates(url, rounds);
  },
  async hop(url) {
    const { p50, p95 } = await hopMilliseconds(url, 200);
    return { "submission to handler, p50 ms": p50, "submission to handler, p95 ms": p95 };
  },
  async growth(url, { jobs, rows }) {
    return await growthFigures(url, [0, Math.round(rows / 10), rows], jobs);
  },
  async cleanup(url, { rows }) {
    return await cleanupFigures(url, rows);
  },
  async statistics(url, { rows }) {
    return await statisticsFigures(url, rows);
  },
  async flight(url) {
    return await inFlightFigures(url, 1_000);
  },
  async sse(url) {
    return await streamFigures(url, 1_000, 500);
  },
  async processes(url, { jobs, rounds }) {
    return await medians(processContenders(url, jobs, [1, 2, 4]), rounds);
  },
  async cancel(url) {
    const { p50, p95 } = await cancelMilliseconds(url, 40);
    return { "cancel to closed socket, p50 ms": p50, "cancel to closed socket, p95 ms": p95 };
  },
  async recovery(url) {
    const { p50, p95 } = await recoveryMilliseconds(url, 40);
    return { "kill to another worker's call, p50 ms": p50, "kill to another worker's call, p95 ms": p95 };
  },
  async fairness(url) {
    return await fairnessFigures(url);
  },
  async alarms(url, { minutes }) {
    return await falseAlarms(url, minutes);
  },
};

await runCommand(async () => {
  const { json, only, ...sizes } = readArguments();
  const found: Record<string, Figures> = {};
  for (const [name, measure] of Object.entries(measurements)) {
    if (!only.includes(name)) continue;
    // One for each: what a measurement leaves waiting would be work in the next.
    const postgres = await startOwnPostgres();
    try {
      found[name] = round(await measure(postgres.url, sizes));
    } finally {
      await postgres.stop();
    }
    if (!json) print(name, found[name]);
  }
  if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
});

function readArguments(): { json: boolean; only: string[] } & Sizes {
  const values = readFlags({
    name: "npm run bench",
    does: "Measures Galley beside its peers in one run, on a PostgreSQL of its own.",
    flags: {
      json: { type: "boolean", help: "for machines" },
      only: { type: "string", default: Object.keys(measurements).join(","), help: "some of the measurements" },
      jobs: { type: "string", default: "500", help: "jobs in each round" },
      rounds: { type: "string", default: "3", help: "interleaved rounds, of which the median counts" },
      rows: {
        type: "string",
        default: "1000000",
        help: "finished jobs at the most, for growth, cleanup and statistics",
      },
      minutes: { type: "string", default: "1", help: "how long connections are cut, for alarms" },
    },
  });
  const only = values.only.split(",");
  const unknown = only.find((name) => !(name in measurements));
  if (unknown !== undefined) {
    throw new StartError(`--only takes some of ${Object.keys(measurements).join(", ")}, got "${unknown}".`);
  }
  return {
    json: values.json,
    only,
    jobs: numberOf("jobs", values.jobs),
    rounds: numberOf("rounds", values.rounds),
    rows: numberOf("rows", values.rows),
    minutes: numberOf("minutes", values.minutes),
  };
}

function numberOf(flag: string, given: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) throw new StartError(`--${flag} takes a number, got "${given}".`);
  return number;
}

function print(name: string, figures: Figures): void {
  process.stdout.write(`${name}\n`);
  for (const [what, figure] of Object.entries(figures)) process.stdout.write(`  ${what.padEnd(54)}${figure}\n`);
}

function round(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([what, figure]) => [what, Number(figure.toPrecision(3))]));
}
