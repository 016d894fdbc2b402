import { Router } from "express";
import type { Db } from "../../db/client.ts";
import type { Backlog } from "../../statistics/backlog.ts";
import { percentileError } from "../../statistics/histogram.ts";
import { readStatistics, type Statistics } from "../../statistics/statistics.ts";
import { type Window, windowOf } from "../../statistics/window.ts";
import { reply, serve } from "../api/serve.ts";
import { getStatistics } from "../api/specs/statistics.ts";
import { timeOf } from "../views.ts";

/** What happened, counted. */
export function statisticsRoutes(db: Db): Router {
  const router = Router();

  serve(router, getStatistics, async ({ query, tenant }) => {
    const whose = query.tenants === "all" ? null : tenant;
    const statistics = await readStatistics(db, whose, windowOf(query.window) as Window);
    return reply(200, { window: query.window, ...viewStatistics(statistics) });
  });

  return router;
}

function viewStatistics({ window, before, from, to, rolledUntil, backlog, spans, failures, ...same }: Statistics) {
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
