import { z } from "zod";
import { percentileError } from "../../../statistics/histogram.ts";
import { Cost, Count, Time } from "./basics.ts";
import { JobErrorCodes } from "./job.ts";

const Seconds = z.number().min(0).meta({ description: "Seconds" });

/** How long something took. */
const Times = z
  .object({
    count: Count,
    mean: Seconds.nullable(),
    p50: Seconds.nullable(),
    p95: Seconds.nullable(),
    p99: Seconds.nullable(),
  })
  .meta({ id: "Times", description: `Percentiles are true to ${percentileError * 100} % of themselves` });

const counts = { created: Count, completed: Count, failed: Count, cancelled: Count };

const ends = {
  ...counts,
  successRate: z.number().min(0).max(1).nullable().meta({ description: "Completed, of completed and failed" }),
};

const times = {
  processingSeconds: Times.meta({ description: "From the first start to completion" }),
  waitSeconds: Times.meta({ description: "From submission, or `startAfter`, to the first start" }),
  retries: Count.meta({ description: "Attempts of a phase after its first" }),
};

const Unpriced = Count.meta({ description: "How many have no known cost, and are not in `cost`" });

const Calls = z
  .object({
    calls: Count,
    unanswered: Count.meta({ description: "Of these, those that failed or were cancelled" }),
    tokens: z.object({ input: Count, cachedInput: Count, output: Count }),
    cost: Cost,
    unpriced: Unpriced,
  })
  .meta({ id: "Calls" });

const Failures = z.object({
  type: z.string(),
  phase: z.string(),
  code: JobErrorCodes,
  jobs: Count,
  jobsBefore: Count.meta({ description: "In the window before" }),
  cost: Cost,
  unpriced: Unpriced,
  last: z
    .object({ jobId: z.string(), at: Time })
    .nullable()
    .meta({ description: "The latest of them that is still failed; null if all were removed or resumed" }),
});

const queue = { waiting: Count, running: Count, later: Count, held: Count, oldestWaitSeconds: Seconds.nullable() };

/** What `viewStatistics` gives. */
export const Statistics = z
  .object({
    window: z.string(),
    from: Time.meta({
      description: "The beginning of a minute, an hour or a day (UTC), by the length of the window",
    }),
    to: Time,
    before: Time.meta({ description: "When the window before begins" }),
    span: z.enum(["minute", "hour", "day"]),
    tenant: z.string().nullable().meta({ description: "Null: all together" }),
    rolledUntil: Time.nullable().meta({ description: "What came later was counted from its rows" }),
    percentileError: z.number(),
    jobs: z.object({ ...ends, ...times }),
    jobsBefore: z.object(ends),
    queue: z.object({
      ...queue,
      phases: z.array(z.object({ type: z.string(), phase: z.string(), ...queue })),
    }),
    types: z.array(z.object({ type: z.string(), ...ends, ...times, calls: Calls.nullable() })),
    phases: z.array(z.object({ type: z.string(), phase: z.string(), seconds: Times, retries: Count })),
    failures: z.array(Failures),
    calls: Calls,
    models: z.array(Calls.extend({ provider: z.string(), model: z.string() })),
    costs: z
      .array(
        z.object({
          start: Time,
          type: z.string().nullable().meta({ description: "Of the jobs; null if they were gone before" }),
          provider: z.string(),
          model: z.string(),
          cost: Cost,
          unpriced: Unpriced,
        }),
      )
      .meta({ description: "In each span of the window by type and model; those without calls are left out" }),
    tenants: z
      .array(z.object({ tenant: z.string(), ...counts, calls: Count, cost: Cost, unpriced: Unpriced }))
      .nullable()
      .meta({ description: "With `tenants=all`" }),
    spans: z.array(z.object({ start: Time, ...counts })).meta({ description: "Every span of the window" }),
  })
  .meta({ id: "Statistics" });
