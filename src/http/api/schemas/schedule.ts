import { z } from "zod";
import { Count, Time, Uuid } from "./basics.ts";
import { ProblemCode } from "./problem.ts";

/** Why the latest occurrence gave no job. */
const ScheduleError = z
  .object({
    code: ProblemCode,
    detail: z.string(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })),
    occurrence: Time.meta({ description: "The occurrence that was refused" }),
    at: Time,
  })
  .meta({ id: "ScheduleError" });

export const MissedPolicy = z.enum(["skip", "once"]).meta({
  id: "MissedPolicy",
  description:
    "What becomes of occurrences that no worker could run within a minute: nothing, or one job for all of them as soon as there is one",
});

/** What `viewSchedule` gives. */
export const Schedule = z
  .object({
    id: Uuid,
    type: z.string(),
    input: z.unknown().optional().meta({ description: "Left out of a list" }),
    cron: z.string(),
    timeZone: z.string(),
    missed: MissedPolicy,
    paused: z.boolean(),
    priority: z.int().min(-100).max(100),
    maxCostUsd: z.string().nullable(),
    tags: z.array(z.string()),
    nextRunAt: Time.nullable().meta({ description: "The occurrence that comes next; null while it is paused" }),
    lastRunAt: Time.nullable().meta({ description: "The latest occurrence that gave a job" }),
    lastJobId: z.string().nullable().meta({ description: "That job; all of them: `GET /v1/jobs?scheduleId=`" }),
    missedCount: Count.meta({
      description:
        "Occurrences that gave no job since no worker could run them in time; of one outage 1,000 at most",
    }),
    lastMissedAt: Time.nullable().meta({ description: "The latest of them" }),
    lastError: ScheduleError.nullable().meta({
      description: "Why the latest occurrence gave no job: it was refused as a submission is",
    }),
    createdAt: Time,
    updatedAt: Time,
    urls: z.object({ self: z.string(), next: z.string(), jobs: z.string() }),
  })
  .meta({ id: "Schedule" });

export const Occurrence = z
  .object({
    at: Time,
    local: z.string().meta({
      description: "The same on the clock of the time zone",
      example: "2026-10-25T02:30:00+02:00",
    }),
  })
  .meta({ id: "Occurrence" });
