import { formatCount } from "../parts/format.ts";
import { Bars } from "./bars.tsx";
import { clockOf } from "./clock.ts";
import { axisEnd, endedIn, gathered, mostBars, type Span } from "./spans.ts";
import type { Statistics } from "./statistics-page.tsx";

const strip = 22;
const kinds = ["completed", "failed", "cancelled"] as const;

/** Jobs that ended over time, and below the share of them that completed. */
export function Throughput({ spans, span }: Pick<Statistics, "spans" | "span">) {
  const bars = gathered(spans, mostBars);
  const most = Math.max(...bars.map(endedIn), 0);
  const end = axisEnd(most);
  const width = 100 / Math.max(1, bars.length);
  const total = bars.reduce((sum, bar) => sum + endedIn(bar), 0);
  const format = clockOf(span, bars.length);
  return (
    <Bars
      title="Jobs that ended"
      label={`${formatCount(total)} jobs ended in this time, ${formatCount(most)} in the busiest part of it`}
      legend={kinds.map((kind) => ({ kind, name: kind }))}
      bars={bars.map((bar) => ({
        start: bar.start,
        pieces: kinds.map((kind) => ({ kind, value: bar[kind] })),
        title: titleOf(bar, format),
      }))}
      end={{ value: end, words: formatCount(end) }}
      format={format}
      foot={
        <p class="hint">
          The strip below the bars shows which share of the jobs that were not cancelled completed.
        </p>
      }
    >
      <svg class="strip" aria-hidden="true" viewBox={`0 0 100 ${strip}`} preserveAspectRatio="none">
        {bars.map((bar, index) => {
          const decided = bar.completed + bar.failed;
          const good = decided === 0 ? 0 : (bar.completed / decided) * strip;
          const at = { x: index * width + width * 0.08, width: width * 0.84 };
          return (
            <g key={bar.start}>
              <rect {...at} y={0} height={strip} class={decided === 0 ? "none" : "failed"} />
              {decided > 0 && <rect {...at} y={strip - good} height={good} class="completed" />}
            </g>
          );
        })}
      </svg>
    </Bars>
  );
}

const titleOf = (bar: Span, format: (time: number) => string): string =>
  `${format(Date.parse(bar.start))}: ${kinds.map((kind) => `${bar[kind]} ${kind}`).join(", ")}, ${bar.created} submitted`;
