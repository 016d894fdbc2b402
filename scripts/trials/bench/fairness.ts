import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { defineJob, definePhase } from "../../../src/author/index.ts";
import { createLog } from "../../../src/log/log.ts";
import { startGalley } from "../../../src/process/start.ts";
import { readConfig } from "../../../src/settings/config.ts";
import { inParallel, median } from "./support/rounds.ts";

const light = 49;
const jobsOfLight = 100;
const jobsOfHeavy = 5_100;
const submitters = 100;

/**
 * 10,000 jobs of three types, all waiting when the worker starts: those of one tenant, then 100 of each of 49 others. For
 * a tenant, as which of all jobs its jobs start in the mean.
 */
export async function fairnessFigures(url: string): Promise<Record<string, number>> {
  const started: string[] = [];
  const Nothing = z.object({});
  const jobTypes = ["one", "two", "three"].map((type) =>
    defineJob({
      type,
      description: "Does nothing.",
      input: Nothing,
      phases: [
        definePhase({
          name: "only",
          input: Nothing,
          output: Nothing,
          async run({ job }) {
            started.push(job.tenant);
            return {};
          },
        }),
      ],
    }),
  );
  const options = { jobTypes, log: createLog("silent") };
  const env = { DATABASE_URL: url, PORT: "0" };
  const desk = await startGalley(readConfig({ ...env, ROLES: "api" }), options);
  let submitted = 0;
  const submitMany = (tenant: string, count: number) =>
    inParallel(count, submitters, async () => {
      const type = jobTypes[submitted++ % jobTypes.length]?.type ?? "";
      await desk.service.submit(tenant, { type, input: {} });
    });
  try {
    await submitMany("heavy", jobsOfHeavy);
    for (let tenant = 0; tenant < light; tenant++) await submitMany(`light ${tenant}`, jobsOfLight);
    const worker = await startGalley(readConfig({ ...env, ROLES: "worker" }), options);
    while (started.length < submitted) await delay(50);
    await worker.close();
  } finally {
    await desk.close();
  }
  const places = Map.groupBy(started.keys(), (place) => started[place] ?? "");
  const means = [...places].map(([tenant, all]) => ({ tenant, mean: all.reduce((a, b) => a + b, 0) / all.length }));
  const ofLight = means.filter(({ tenant }) => tenant !== "heavy").map(({ mean }) => mean);
  return {
    "a light tenant, median": median(ofLight),
    "a light tenant, worst": Math.max(...ofLight),
    "a light tenant, in the order of submission": jobsOfHeavy + (light * jobsOfLight) / 2,
    "the last job of any light tenant": started.findLastIndex((tenant) => tenant !== "heavy"),
    "the heavy tenant": means.find(({ tenant }) => tenant === "heavy")?.mean ?? Number.NaN,
  };
}
