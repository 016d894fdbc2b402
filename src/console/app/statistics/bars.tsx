import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A part of a bar, as its class says what it is. */
export type Piece = { kind: string; value: number };
export type Bar = { start: string; pieces: readonly Piece[] /** Said on pointing at it. */; title: string };

type Props = {
  title: string;
  /** What the drawing shows, in a sentence. */
  label: string;
  legend: readonly { kind: string; name: string }[];
  bars: readonly Bar[];
  /** Of the axis: its value, and how it is written. */
  end: { value: number; words: string };
  format: (time: number) => string;
  /** Beside the title. */
  choice?: ComponentChildren;
  /** Between the bars and their times. */
  children?: ComponentChildren;
  /** Below all. */
  foot?: ComponentChildren;
};

const height = 150;

/** Amounts over time, as bars of pieces. */
export function Bars({ title, label, legend, bars, end, format, choice, children, foot }: Props) {
  const id = useId();
  const width = 100 / Math.max(1, bars.length);
  const labelled = [0, 0.25, 0.5, 0.75].map((part) => bars[Math.floor(part * bars.length)]);
  return (
    <section class="card" aria-labelledby={id}>
      <div class="chart-head">
        <h2 id={id}>{title}</h2>
        {choice}
        <p class="legend-row">
          {legend.map(({ kind, name }) => (
            <span key={kind}>
              <span class={`swatch ${kind}`} />
              {name}
            </span>
          ))}
        </p>
      </div>
      <div class="chart">
        <span class="axis-end">{end.words}</span>
        <svg role="img" aria-label={label} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none">
          <path d={`M0 .5H100M0 ${height / 2}H100M0 ${height - 0.5}H100`} class="grid" />
          {bars.map((bar, index) => (
            <Column key={bar.start} bar={bar} x={index * width} width={width} end={end.value} />
          ))}
        </svg>
        {children}
        <p class="axis-row" aria-hidden="true">
          {labelled.map((bar, index) => (
            <span key={bar?.start ?? index}>{bar ? format(Date.parse(bar.start)) : ""}</span>
          ))}
          <span>now</span>
        </p>
      </div>
      {foot}
    </section>
  );
}

function Column({ bar, x, width, end }: { bar: Bar; x: number; width: number; end: number }) {
  let top = height;
  return (
    <g>
      <title>{bar.title}</title>
      <rect x={x} y={0} width={width} height={height} class="hover" />
      {bar.pieces.map(({ kind, value }) => {
        const size = (value / end) * (height - 1);
        top -= size;
        return size > 0 ? (
          <rect key={kind} x={x + width * 0.08} y={top} width={width * 0.84} height={size} class={kind} />
        ) : null;
      })}
    </g>
  );
}
