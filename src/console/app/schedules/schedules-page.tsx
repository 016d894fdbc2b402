import type { Body } from "galley/client";
import { Icon } from "../parts/icons.tsx";
import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { useAnswer } from "../state/answer.ts";
import { paths } from "../state/paths.ts";
import { useMayWrite } from "../state/rights.ts";
import { client } from "../state/session.ts";
import { ScheduleRow } from "./schedule-row.tsx";

export type Schedule = Body<"listSchedules">["data"][number];

const everySeconds = 10;

/** The schedules: when each comes next, what became of its latest job, and what one can do with it. */
export function SchedulesPage() {
  const { value, error, reload } = useAnswer(
    async (signal) => (await client.value.request("listSchedules", { signal })).body.data,
    [],
    everySeconds,
  );
  const mayWrite = useMayWrite();
  return (
    <>
      <header class="page-head">
        <PageTitle>Schedules</PageTitle>
        {mayWrite && (
          <a class="button primary" href={paths.newSchedule}>
            <Icon name="plus" />
            New schedule
          </a>
        )}
      </header>
      {error && <Problem error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the schedules" lines={4} />}
      {value?.length === 0 && (
        <Empty title="No schedules yet">
          <p>A schedule submits a job at the times of a cron, such as an article each Monday morning.</p>
        </Empty>
      )}
      {value && value.length > 0 && (
        <ul class="rows" aria-label="Schedules">
          {value.map((schedule) => (
            <ScheduleRow key={schedule.id} schedule={schedule} mayWrite={mayWrite} onChange={reload} />
          ))}
        </ul>
      )}
    </>
  );
}
