import type { Outcome } from "../story.ts";
import type { Scale } from "./scale.ts";

export type Run = { from: number; to: number | null; outcome: Outcome };

/** Where moments are drawn; `end`: where what still runs ends for now. */
export type Drawn = { scale: Scale; end: number };

/** Runs as bars on the line of time. */
export function Track({ runs, scale, end }: Drawn & { runs: readonly Run[] }) {
  return (
    <span class="track" aria-hidden="true">
      {scale.pauses.map(({ at }) => (
        <span key={at} class="gap" style={{ left: percent(at) }} />
      ))}
      {runs.map(({ from, to, outcome }) => {
        const left = scale.at(from);
        return (
          <span
            key={from}
            class={`bar ${outcome}`}
            style={{ left: percent(left), width: percent(scale.at(to ?? end) - left) }}
          />
        );
      })}
    </span>
  );
}

export const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;
