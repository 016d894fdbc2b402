import { Router } from "express";
import type { Db } from "../../db/client.ts";
import { queryWith } from "../../db/commit/statement.ts";
import { readSlowStatements } from "../../db/health/statements.ts";
import { readDatabase, readIndexes, readTables } from "../../db/health/tables.ts";
import type { Queue } from "../../generation/queue/queue.ts";
import { type CleanupRun, readCleanup } from "../../generation/upkeep/cleanup/runs.ts";
import { readRepairs } from "../../generation/upkeep/daily-records.ts";
import type { Backlog } from "../../statistics/backlog.ts";
import { percentileError } from "../../statistics/histogram.ts";
import { readStatistics, type Statistics } from "../../statistics/statistics.ts";
import { type Window, windowOf } from "../../statistics/window.ts";
import { reply, serve } from "../api/serve.ts";
import { getDatabase } from "../api/specs/admin/database.ts";
import { getStatistics } from "../api/specs/statistics.ts";
import { timeOf } from "../views.ts";

// Each is a row that is looked for: a count of all of them would take as long as it finds.
const mostDrift = 1_000;

type Drifting = Pick<Queue, "findJobsWithoutQueueJob" | "findQueueJobsWithoutJob">;

/** What happened, counted, and how the database is. */
export function statisticsRoutes(db: Db, queue: Drifting): Router {
  const router = Router();

  serve(router, getStatistics, async ({ query, tenant }) => {
    const whose = query.tenants === "all" ? null : tenant;
    const statistics = await readStatistics(db, whose, windowOf(query.window) as Window);
    return reply(200, { window: query.window, ...viewStatistics(statistics) });
  });

  serve(router, getDatabase, async () => {
    const { session } = db.$client;
    const query = queryWith(db.$client, session);
    const schemas = [session.schema, session.queueSchema];
    const [database, tables, indexes, statements, cleanup, orphans, lost, repaired] = await Promise.all([
      readDatabase(query),
      readTables(query, schemas),
      readIndexes(query, schemas),
      readSlowStatements(query),
      readCleanup(db),
      queue.findQueueJobsWithoutJob(mostDrift),
      queue.findJobsWithoutQueueJob(mostDrift),
      readRepairs(db),
    ]);
    return reply(200, {
      bytes: database.bytes,
      countedSince: timeOf(database.countedSince),
      tables: tables.map((table) => ({
        ...table,
        lastVacuumAt: timeOf(table.lastVacuumAt),
        lastAnalyzeAt: timeOf(table.lastAnalyzeAt),
      })),
      indexes,
      statements,
      cleanup: {
        nextDueAt: cleanup.nextDueAt.toISOString(),
        isOverdue: cleanup.isOverdue,
        runs: cleanup.runs.map(viewRun),
      },
      drift: {
        jobsWithoutQueueJob: lost.length,
        queueJobsWithoutJob: orphans.length,
        repaired: repaired.map(({ latestAt, ...one }) => ({ ...one, latestAt: latestAt.toISOString() })),
      },
    });
  });

  return router;
}

function viewStatistics({
  window,
  before,
  from,
  to,
  rolledUntil,
  backlog,
  spans,
  costs,
  failures,
  ...same
}: Statistics) {
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    before: before.toISOString(),
    span: window.span,
    rolledUntil: timeOf(rolledUntil),
    percentileError,
    ...same,
    queue: { ...sumUp(backlog), phases: backlog },
    failures: failures.map(({ last, ...one }) => ({
      ...one,
      last: last && { ...last, at: last.at.toISOString() },
    })),
    costs: costs.map(({ start, ...cost }) => ({ start: start.toISOString(), ...cost })),
    spans: spans.map(({ start, ...counts }) => ({ start: start.toISOString(), ...counts })),
  };
}

function sumUp(backlog: readonly Backlog[]) {
  const sum = { waiting: 0, running: 0, later: 0, held: 0 };
  const waits: number[] = [];
  for (const { waiting, running, later, held, oldestWaitSeconds } of backlog) {
    sum.waiting += waiting;
    sum.running += running;
    sum.later += later;
    sum.held += held;
    if (oldestWaitSeconds !== null) waits.push(oldestWaitSeconds);
  }
  return { ...sum, oldestWaitSeconds: waits.length > 0 ? Math.max(...waits) : null };
}

function viewRun({ cause, startedAt, seenAt, finishedAt, failure, removed, bytes }: CleanupRun) {
  const seconds = (seenAt.getTime() - startedAt.getTime()) / 1_000;
  const rows = Object.values(removed).reduce((sum, count) => sum + count, 0);
  return {
    ...{ cause, failure, removed, bytes, seconds },
    startedAt: startedAt.toISOString(),
    finishedAt: timeOf(finishedAt),
    rowsPerSecond: seconds > 0 ? rows / seconds : null,
  };
}
