import { Dialog } from "../parts/dialog.tsx";
import { Loading, Problem } from "../parts/notice.tsx";
import { Ago } from "../parts/time.tsx";
import { useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";
import { cronWords } from "./cron.ts";
import type { Schedule } from "./schedules-page.tsx";

/** When a schedule comes next, on the clock of its zone, and what it submits then. */
export function Preview({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const params = { id: schedule.id };
  const { value, error } = useAnswer(
    async (signal) => {
      const [next, whole] = await Promise.all([
        client.value.request("previewSchedule", { params, query: { count: 8 }, signal }),
        client.value.request("getSchedule", { params, signal }),
      ]);
      return { next: next.body.data, input: whole.body.input };
    },
    [schedule.id],
  );
  return (
    <Dialog title={cronWords(schedule.cron)} onClose={onClose}>
      <p>
        <code>{schedule.cron}</code> in {schedule.timeZone}
      </p>
      {error && <Problem error={error} />}
      {!value && !error && <Loading what="its next times" />}
      {value && (
        <>
          <ol class="occurrences" aria-label="Its next times">
            {value.next.map(({ at, local }) => (
              <li key={at}>
                <span>{local.slice(0, 16).replace("T", " ")}</span>
                <Ago time={at} />
              </li>
            ))}
          </ol>
          <details>
            <summary>Input</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
            <pre tabIndex={0}>{JSON.stringify(value.input, null, 2)}</pre>
          </details>
        </>
      )}
    </Dialog>
  );
}
