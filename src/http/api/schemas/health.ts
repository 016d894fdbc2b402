import { z } from "zod";
import { Pause } from "./admin/pause.ts";
import { Count, Time } from "./basics.ts";

const gate = z
  .string()
  .meta({ description: "`ok`, `unknown`, or the code of the job error for which it is left alone" });

/** Whether the service can work, as the route of `/readyz` gives it. */
export const Readiness = z
  .object({
    status: z.enum(["ready", "unavailable"]),
    reason: z.string().optional(),
    sqlState: z.string().nullable().optional(),
    checks: z.object({
      database: z.enum(["ok", "unavailable"]),
      notifications: z.enum(["listening", "polling"]),
      model: gate.meta({ description: "As for each model; `stand_in` while another one answers for the first" }),
      workers: z.enum(["ok", "missing", "unknown"]),
      cleanup: z
        .enum(["ok", "overdue", "unknown"])
        .meta({ description: "`overdue`: due for an hour, and no worker took it or got through it" }),
    }),
    cleanupDueAt: Time.nullable(),
    typesWithoutWorker: z.array(z.string()),
    paused: z.array(Pause).meta({ description: "Everything, or types" }),
    pausedTenants: z.number().int().meta({ description: "How many" }),
    provider: z.string(),
    model: z.string(),
    modelClosedUntil: Time.nullable(),
    models: z.array(
      z.object({ provider: z.string(), model: z.string(), state: gate, closedUntil: Time.nullable() }),
    ),
    roles: z.array(z.enum(["api", "worker"])),
  })
  .meta({ id: "Readiness" });

const Bytes = z.int().min(0);

const Table = z.object({
  name: z.string().meta({ description: "With its schema" }),
  rows: Count.meta({ description: "PostgreSQL's estimate" }),
  deadRows: Count.meta({ description: "What changes and removals left behind, for vacuum to free" }),
  bytes: Bytes.meta({ description: "With its indexes" }),
  indexBytes: Bytes,
  growthBytesPerDay: z
    .number()
    .nullable()
    .meta({ description: "Over eight days at most; null without a record of before" }),
  lastVacuumAt: Time.nullable(),
  lastAnalyzeAt: Time.nullable(),
  sequentialScans: Count,
  indexScans: Count,
});

const Index = z.object({
  name: z.string(),
  table: z.string(),
  bytes: Bytes,
  scans: Count,
  isConstraint: z.boolean().meta({ description: "It keeps rows unique, used or not" }),
});

const Statement = z.object({
  text: z.string().meta({ description: "Without its values, 500 characters at most" }),
  calls: Count,
  meanMilliseconds: z.number(),
  totalMilliseconds: z.number(),
  rows: Count,
});

const removed = z.object({
  jobs: Count,
  events: Count,
  text: Count,
  steps: Count,
  calls: Count,
  removedIds: Count,
  workers: Count,
});

const Run = z.object({
  cause: z.enum(["schedule", "hand", "sql"]),
  startedAt: Time,
  finishedAt: Time.nullable().meta({ description: "Null while it runs, or if it was cut off" }),
  failure: z.string().nullable(),
  removed,
  bytes: Bytes.meta({ description: "Freed for new rows; files do not shrink" }),
  seconds: z.number().min(0),
  rowsPerSecond: z.number().nullable(),
});

/** What `viewDatabase` gives. */
export const DatabaseHealth = z
  .object({
    bytes: Bytes.meta({ description: "The whole database, other applications' part too" }),
    countedSince: Time.nullable().meta({ description: "Since when scans are counted; null: since it was made" }),
    tables: z.array(Table).meta({ description: "Galley's and the queue's, the largest first" }),
    indexes: z.array(Index),
    statements: z.object({
      slowest: z.array(Statement).meta({ description: "Those that took the most time all together" }),
      missing: z.string().nullable().meta({ description: "Why they are not known, and what to do" }),
    }),
    cleanup: z.object({
      nextDueAt: Time,
      isOverdue: z.boolean(),
      runs: z.array(Run).meta({ description: "The latest ten, newest first" }),
    }),
    drift: z
      .object({
        jobsWithoutQueueJob: Count,
        queueJobsWithoutJob: Count,
        repaired: z
          .array(z.object({ repair: z.string(), count: Count, latestAt: Time }))
          .meta({ description: "In the last 30 days" }),
      })
      .meta({
        description: "Disagreements of jobs and queue, now (up to 1,000) and before; mended within a minute",
      }),
  })
  .meta({ id: "DatabaseHealth" });
