import { formatCount } from "../parts/format.ts";
import { axisEnd, endedIn, gathered, type Span } from "./spans.ts";

// An hour of minutes, and the one that has begun.
const mostBars = 61;
const height = 150;
const strip = 22;

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const dayAndHour = new Intl.DateTimeFormat("en", {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

const kinds = ["completed", "failed", "cancelled"] as const;

/** Jobs that ended over time, and below the share of them that completed. */
export function Throughput({ spans, span }: { spans: readonly Span[]; span: "minute" | "hour" | "day" }) {
  const bars = gathered(spans, mostBars);
  const end = axisEnd(Math.max(...bars.map(endedIn), 0));
  const width = 100 / Math.max(1, bars.length);
  const total = bars.reduce((sum, bar) => sum + endedIn(bar), 0);
  const format = span === "day" ? day : bars.length > 24 && span === "hour" ? dayAndHour : clock;
  const labelled = [0, 0.25, 0.5, 0.75].map((part) => bars[Math.floor(part * bars.length)]);
  return (
    <section class="card" aria-labelledby="throughput-title">
      <div class="chart-head">
        <h2 id="throughput-title">Jobs that ended</h2>
        <p class="legend-row">
          {kinds.map((kind) => (
            <span key={kind}>
              <span class={`swatch ${kind}`} />
              {kind}
            </span>
          ))}
        </p>
      </div>
      <div class="chart">
        <span class="axis-end">{formatCount(end)}</span>
        <svg
          role="img"
          aria-label={`${formatCount(total)} jobs ended in this time, ${formatCount(Math.max(...bars.map(endedIn), 0))} in the busiest part of it`}
          viewBox={`0 0 100 ${height}`}
          preserveAspectRatio="none"
        >
          <path d={`M0 .5H100M0 ${height / 2}H100M0 ${height - 0.5}H100`} class="grid" />
          {bars.map((bar, index) => (
            <Bar key={bar.start} bar={bar} x={index * width} width={width} end={end} title={titleOf(bar, format)} />
          ))}
        </svg>
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
        <p class="axis-row" aria-hidden="true">
          {labelled.map((bar, index) => (
            <span key={bar?.start ?? index}>{bar ? format.format(Date.parse(bar.start)) : ""}</span>
          ))}
          <span>now</span>
        </p>
        <p class="hint">
          The strip below the bars shows which share of the jobs that were not cancelled completed.
        </p>
      </div>
    </section>
  );
}

type BarProps = { bar: Span; x: number; width: number; end: number; title: string };

function Bar({ bar, x, width, end, title }: BarProps) {
  let top = height;
  return (
    <g>
      <title>{title}</title>
      <rect x={x} y={0} width={width} height={height} class="hover" />
      {kinds.map((kind) => {
        const size = (bar[kind] / end) * (height - 1);
        top -= size;
        return size > 0 ? (
          <rect key={kind} x={x + width * 0.08} y={top} width={width * 0.84} height={size} class={kind} />
        ) : null;
      })}
    </g>
  );
}

const titleOf = (bar: Span, format: Intl.DateTimeFormat): string =>
  `${format.format(Date.parse(bar.start))}: ${kinds.map((kind) => `${bar[kind]} ${kind}`).join(", ")}, ${bar.created} submitted`;
