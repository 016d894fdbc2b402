import type { Body } from "galley/client";
import { Numbers } from "../parts/facts/numbers.tsx";
import { asWords, formatCount, formatDuration } from "../parts/format.ts";
import type { Statistics } from "./statistics-page.tsx";

type Row = { name: string; isWhole: boolean; seconds: Statistics["phases"][number]["seconds"]; retries: number };

/** `order`: the types, with their phases as they follow each other. */
type Props = { statistics: Statistics; order: Body<"listTypes">["data"] };

/** How long jobs and their phases take: half of them, nineteen of twenty, ninety-nine of a hundred. */
export function Durations({ statistics, order }: Props) {
  const rows = rowsOf(statistics, order).filter(({ seconds }) => seconds.count > 0);
  const longest = Math.max(0, ...rows.map(({ seconds }) => seconds.p99 ?? 0));
  return (
    <Numbers
      title="How long it takes"
      rows={rows}
      empty="Nothing was completed in this time."
      of="Type and phase"
      name={({ name }) => name}
      isWhole={({ isWhole }) => isWhole}
      drawn={({ seconds: { p50, p95, p99 } }) => (
        <span class="range">
          {[p99, p95, p50].map((value, place) => (
            <span key={place} class={`up-to-${place}`} style={{ width: `${((value ?? 0) / longest) * 100}%` }} />
          ))}
        </span>
      )}
      columns={{
        p50: ({ seconds }) => wordsOf(seconds.p50),
        p95: ({ seconds }) => wordsOf(seconds.p95),
        p99: ({ seconds }) => wordsOf(seconds.p99),
        Retries: ({ retries }) => formatCount(retries),
      }}
    />
  );
}

/** Each type, and below it its phases. */
function rowsOf({ types, phases }: Statistics, order: Props["order"]): Row[] {
  const placeOf = (name: string, phase: string): number =>
    order.find(({ type }) => type === name)?.phases.indexOf(phase) ?? 0;
  return types.flatMap(({ type, processingSeconds, retries }) => [
    { name: asWords(type), isWhole: true, seconds: processingSeconds, retries },
    ...phases
      .filter((phase) => phase.type === type)
      .toSorted((one, other) => placeOf(type, one.phase) - placeOf(type, other.phase))
      .map((phase) => ({ ...phase, name: asWords(phase.phase), isWhole: false })),
  ]);
}

const wordsOf = (seconds: number | null): string => (seconds === null ? "–" : formatDuration(seconds * 1000));
