import { asWords, formatCount, formatDuration } from "../parts/format.ts";
import type { Statistics } from "./statistics-page.tsx";

/** What waits and runs at this moment, by phase. `later`: its time has not come; `held`: its tenant is at its limit, or paused. */
export function Queue({ queue: { phases } }: { queue: Statistics["queue"] }) {
  const deepest = Math.max(1, ...phases.map(({ waiting, running }) => waiting + running));
  return (
    <section class="card" aria-labelledby="queue-title">
      <h2 id="queue-title">The queue now</h2>
      {phases.length === 0 ? (
        <p class="nothing">Nothing waits and nothing runs.</p>
      ) : (
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col" class="wide">
                <span class="hidden">Drawn</span>
              </th>
              <th scope="col">Running</th>
              <th scope="col">Waiting</th>
              <th scope="col">Later</th>
              <th scope="col">Oldest</th>
            </tr>
          </thead>
          <tbody>
            {phases.map(({ type, phase, waiting, running, later, held, oldestWaitSeconds }) => (
              <tr key={`${type} ${phase}`}>
                <th scope="row">
                  {asWords(phase)} <small>{type}</small>
                </th>
                <td class="wide" aria-hidden="true">
                  <span class="amount">
                    <span class="processing" style={{ width: `${(running / deepest) * 100}%` }} />
                    <span class="pending" style={{ width: `${(waiting / deepest) * 100}%` }} />
                  </span>
                </td>
                <td>{formatCount(running)}</td>
                <td>{formatCount(waiting)}</td>
                <td>{formatCount(later + held)}</td>
                <td>{oldestWaitSeconds === null ? "–" : formatDuration(oldestWaitSeconds * 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
