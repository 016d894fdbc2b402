import { Amount, Numbers } from "../parts/facts/numbers.tsx";
import { asWords, formatCount, formatDuration } from "../parts/format.ts";
import type { Statistics } from "./statistics-page.tsx";

/** What waits and runs at this moment, by phase. `later`: its time has not come; `held`: its tenant is at its limit, or paused. */
export function Queue({ queue: { phases } }: { queue: Statistics["queue"] }) {
  const deepest = Math.max(1, ...phases.map(({ waiting, running }) => waiting + running));
  return (
    <Numbers
      title="The queue now"
      rows={phases}
      empty="Nothing waits and nothing runs."
      of="Phase"
      name={({ type, phase }) => (
        <>
          {asWords(phase)} <small>{type}</small>
        </>
      )}
      drawn={({ running, waiting }) => (
        <Amount pieces={{ processing: running / deepest, pending: waiting / deepest }} />
      )}
      columns={{
        Running: ({ running }) => formatCount(running),
        Waiting: ({ waiting }) => formatCount(waiting),
        Later: ({ later, held }) => formatCount(later + held),
        Oldest: ({ oldestWaitSeconds }) =>
          oldestWaitSeconds === null ? "–" : formatDuration(oldestWaitSeconds * 1000),
      }}
    />
  );
}
