import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { formatCount } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { Mark } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import { jobPath, schedulePath } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { cronWords } from "./cron.ts";
import { Preview } from "./preview.tsx";
import type { Schedule } from "./schedules-page.tsx";

type Props = { schedule: Schedule; onChange: () => void };

/** A schedule in one row. */
export function ScheduleRow({ schedule, mayWrite, onChange }: Props & { mayWrite: boolean }) {
  const { id, type, cron, timeZone, tags, paused, nextRunAt, lastError } = schedule;
  const words = cronWords(cron);
  const [asked, setAsked] = useState<"preview" | "remove" | null>(null);
  const close = () => setAsked(null);
  const change = useAction(async () => {
    await client.value.request("changeSchedule", { params: { id }, body: { paused: !paused } });
    onChange();
  });
  return (
    <li class="row schedule-row">
      <div class="what">
        <p class="row-name">{words}</p>
        <p class="under">
          <span>{type}</span>
          <span>{timeZone}</span>
          {tags.map((tag) => (
            <span key={tag} class="tag">
              {tag}
            </span>
          ))}
        </p>
      </div>
      <div class="state">
        <p class={paused ? "status cancelled" : "status"}>
          <Mark state={paused ? "cancelled" : "pending"} />
          {paused ? "Paused" : nextRunAt && <Next at={nextRunAt} />}
        </p>
        <LastJob schedule={schedule} />
        {lastError && <p class="standing reason">{lastError.detail}</p>}
        {change.error && <Problem error={change.error} />}
      </div>
      <div class="buttons">
        <button type="button" class="button" onClick={() => setAsked("preview")}>
          Preview<span class="hidden"> {words}</span>
        </button>
        {mayWrite && (
          <>
            <a class="button" href={schedulePath(id)}>
              Change<span class="hidden"> {words}</span>
            </a>
            <button type="button" class="button" onClick={change.run} disabled={change.isBusy}>
              {paused ? "Resume" : "Pause"}
              <span class="hidden"> {words}</span>
            </button>
            <button type="button" class="button" onClick={() => setAsked("remove")}>
              Remove<span class="hidden"> {words}</span>
            </button>
          </>
        )}
      </div>
      {asked === "preview" && <Preview schedule={schedule} onClose={close} />}
      {asked === "remove" && <Remove schedule={schedule} onChange={onChange} onClose={close} />}
    </li>
  );
}

const Next = ({ at }: { at: string }) => (
  <span>
    Next <Ago time={at} />
  </span>
);

function LastJob({ schedule: { lastRunAt, lastJobId, missedCount } }: Pick<Props, "schedule">) {
  const missed = missedCount > 0 ? `, ${formatCount(missedCount)} missed` : "";
  if (lastRunAt === null || lastJobId === null) return <p class="standing">No job yet{missed}</p>;
  return (
    <p class="standing">
      <a href={jobPath(lastJobId)}>
        The latest job, <Ago time={lastRunAt} />
      </a>
      {missed}
    </p>
  );
}

function Remove({ schedule: { id, type, cron }, onChange, onClose }: Props & { onClose: () => void }) {
  const remove = useAction(async () => {
    await client.value.request("deleteSchedule", { params: { id } });
    onClose();
    onChange();
  });
  return (
    <Dialog
      title="Remove this schedule?"
      does="Remove"
      isBusy={remove.isBusy}
      onClose={onClose}
      onSubmit={remove.run}
    >
      <p>
        {cronWords(cron)}: {type}
      </p>
      <p>It submits nothing more. Its jobs stay.</p>
      {remove.error && <Problem error={remove.error} />}
    </Dialog>
  );
}
