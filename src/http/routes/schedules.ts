import { Router } from "express";
import type { RequestErrorCode } from "../../errors.ts";
import { onClockOf } from "../../schedules/occurrences.ts";
import type { ListedSchedule, Schedules } from "../../schedules/schedules.ts";
import { reply, serve } from "../api/serve.ts";
import * as specs from "../api/specs/schedules.ts";
import { timeOf } from "../views.ts";

/** A tenant's schedules, and when they come next. */
export function scheduleRoutes(schedules: Schedules): Router {
  const router = Router();

  serve(router, specs.createSchedule, async ({ body, tenant }) => {
    const schedule = await schedules.create(tenant, body);
    return reply(201, viewSchedule(schedule), { Location: `/v1/schedules/${schedule.id}` });
  });

  serve(router, specs.listSchedules, async ({ tenant }) =>
    reply(200, { data: (await schedules.list(tenant)).map(viewSchedule) }),
  );

  serve(router, specs.getSchedule, async ({ params, tenant }) =>
    reply(200, viewSchedule(await schedules.find(tenant, params.id))),
  );

  serve(router, specs.changeSchedule, async ({ params, body, tenant }) =>
    reply(200, viewSchedule(await schedules.change(tenant, params.id, body))),
  );

  serve(router, specs.deleteSchedule, async ({ params, tenant }) => {
    await schedules.remove(tenant, params.id);
    return reply(204, undefined);
  });

  serve(router, specs.previewSchedule, async ({ params, query, tenant }) => {
    const { schedule, occurrences } = await schedules.next(tenant, params.id, query.count);
    const local = onClockOf(schedule.timeZone);
    return reply(200, { data: occurrences.map((at) => ({ at: at.toISOString(), local: local(at) })) });
  });

  return router;
}

const viewSchedule = ({
  id,
  type,
  cron,
  timeZone,
  missed,
  priority,
  maxCostUsd,
  tags,
  ...row
}: ListedSchedule) => ({
  id,
  type,
  ...("input" in row ? { input: row.input } : {}),
  cron,
  timeZone,
  missed,
  paused: row.nextRunAt === null,
  priority,
  maxCostUsd,
  tags,
  nextRunAt: timeOf(row.nextRunAt),
  lastRunAt: timeOf(row.lastRunAt),
  lastJobId: row.lastJobId,
  missedCount: row.missedCount,
  lastMissedAt: timeOf(row.lastMissedAt),
  lastError: row.lastError && { ...row.lastError, code: row.lastError.code as RequestErrorCode },
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  urls: { self: `/v1/schedules/${id}`, next: `/v1/schedules/${id}/next`, jobs: `/v1/jobs?scheduleId=${id}` },
});
