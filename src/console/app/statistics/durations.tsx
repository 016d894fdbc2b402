import type { Body } from "galley/client";
import { asWords, formatDuration } from "../parts/format.ts";
import { Empty } from "../parts/notice.tsx";
import type { Statistics } from "./statistics-page.tsx";

type Row = { name: string; isWhole: boolean; seconds: Statistics["phases"][number]["seconds"]; retries: number };

/** `order`: the types, with their phases as they follow each other. */
type Props = { statistics: Statistics; order: Body<"listTypes">["data"] };

/** How long jobs and their phases take: half of them, nineteen of twenty, ninety-nine of a hundred. */
export function Durations({ statistics: { types, phases }, order }: Props) {
  const placeOf = (name: string, phase: string): number =>
    order.find(({ type }) => type === name)?.phases.indexOf(phase) ?? 0;
  const rows: Row[] = types.flatMap(({ type, processingSeconds, retries }) => [
    { name: asWords(type), isWhole: true, seconds: processingSeconds, retries },
    ...phases
      .filter((phase) => phase.type === type)
      .toSorted((one, other) => placeOf(type, one.phase) - placeOf(type, other.phase))
      .map(({ phase, seconds, retries: again }) => ({
        name: asWords(phase),
        isWhole: false,
        seconds,
        retries: again,
      })),
  ]);
  const measured = rows.filter(({ seconds }) => seconds.count > 0);
  const longest = Math.max(0, ...measured.map(({ seconds }) => seconds.p99 ?? 0));
  return (
    <section class="card" aria-labelledby="durations-title">
      <h2 id="durations-title">How long it takes</h2>
      {measured.length === 0 ? (
        <Empty title="Nothing was completed in this time" />
      ) : (
        <table class="numbers durations">
          <thead>
            <tr>
              <th scope="col">Type and phase</th>
              <th scope="col" class="wide">
                <span class="hidden">Drawn</span>
              </th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
              <th scope="col">p99</th>
              <th scope="col">Retries</th>
            </tr>
          </thead>
          <tbody>
            {measured.map(({ name, isWhole, seconds: { p50, p95, p99 }, retries }, index) => (
              <tr key={`${index} ${name}`} class={isWhole ? "whole-row" : undefined}>
                <th scope="row">{name}</th>
                <td class="wide" aria-hidden="true">
                  <span class="range">
                    {[p99, p95, p50].map((value, place) => (
                      <span
                        key={place}
                        class={`up-to-${place}`}
                        style={{ width: `${((value ?? 0) / longest) * 100}%` }}
                      />
                    ))}
                  </span>
                </td>
                <td>{wordsOf(p50)}</td>
                <td>{wordsOf(p95)}</td>
                <td>{wordsOf(p99)}</td>
                <td>{retries}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const wordsOf = (seconds: number | null): string => (seconds === null ? "–" : formatDuration(seconds * 1000));
