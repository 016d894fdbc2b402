import type { Event } from "galley/client";
import { formatClock, formatMoment } from "../parts/format.ts";
import { wordsOf } from "./event-words.ts";

/** What has happened to a job, the latest first. Pieces of text are left out: they stand in the text. */
export function History({ events }: { events: readonly Event[] }) {
  const told = events.filter(({ type }) => type !== "text").toReversed();
  return (
    <section class="card history" aria-labelledby="history-title">
      <h2 id="history-title">
        Events <span class="count">{events.length}</span>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol tabIndex={0} aria-labelledby="history-title">
        {told.map((event) => (
          <li key={event.id} class={event.type}>
            <time dateTime={event.at} title={formatMoment(Date.parse(event.at))}>
              {formatClock(Date.parse(event.at))}
            </time>
            <span>{wordsOf(event)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
