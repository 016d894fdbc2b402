import type { Schema } from "../form/schema.ts";
import { Icon } from "../parts/icons.tsx";
import { Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { useAnswer } from "../state/answer.ts";
import { paths } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { changesOf, draftOf } from "./order.ts";
import { ScheduleForm } from "./schedule-form.tsx";

/** Changes a schedule that is there: its times, and what its jobs are given. */
export function ChangeSchedulePage({ id }: { id: string }) {
  const params = { id };
  const { value, error, reload } = useAnswer(
    async (signal) => {
      const schedule = (await client.value.request("getSchedule", { params, signal })).body;
      const { body: type } = await client.value.request("getType", { params: { type: schedule.type }, signal });
      return { type, beginning: draftOf(type.input as Schema, schedule) };
    },
    [id],
  );
  return (
    <>
      <a class="back" href={paths.schedules}>
        <Icon name="back" />
        Schedules
      </a>
      <header class="page-head">
        <PageTitle>Change schedule</PageTitle>
      </header>
      {error && <Problem error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the schedule" lines={6} />}
      {value && (
        <ScheduleForm
          {...value}
          does="Save"
          send={(draft) =>
            client.value.request("changeSchedule", {
              params,
              body: changesOf(value.type.type, value.beginning, draft),
            })
          }
        />
      )}
    </>
  );
}
