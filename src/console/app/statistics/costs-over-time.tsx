import { asWords, formatCost, formatExactCost } from "../parts/format.ts";
import { address, withSearch } from "../state/address.ts";
import { Bars } from "./bars.tsx";
import { clockOf } from "./clock.ts";
import { type By, costBars } from "./cost-bars.ts";
import { axisEnd } from "./spans.ts";
import type { Statistics } from "./statistics-page.tsx";

const choices: readonly By[] = ["model", "type"];

/** What calls to models cost over time, by model or by type of job, and the same exactly as a table. */
export function CostsOverTime({ costs, spans, span }: Pick<Statistics, "costs" | "spans" | "span">) {
  const by: By = address.value.searchParams.get("by") === "type" ? "type" : "model";
  const { series, bars } = costBars(
    costs,
    spans.map(({ start }) => start),
    by,
  );
  const names = by === "type" ? series.map(asWords) : series;
  const most = Math.max(...bars.map(({ total }) => Number(total)), 0);
  const end = axisEnd(most, 0.0001);
  const format = clockOf(span, bars.length);
  const paid = bars.filter(({ total }) => Number(total) > 0);
  return (
    <Bars
      title="Cost over time"
      label={`By ${by}, at most ${formatCost(String(most))} in a part of this time`}
      legend={names.map((name, index) => ({ kind: `series-${index}`, name }))}
      bars={bars.map(({ start, parts, total }) => ({
        start,
        pieces: parts.map((part, index) => ({ kind: `series-${index}`, value: Number(part) })),
        title: `${format(Date.parse(start))}: ${[`${formatExactCost(total)}`, ...parts.map((part, index) => `${names[index]} ${formatExactCost(part)}`)].join(", ")}`,
      }))}
      end={{ value: end, words: formatExactCost(end.toFixed(4)) }}
      format={format}
      choice={
        <nav class="windows small" aria-label="Cost by">
          {choices.map((choice) => (
            <a
              key={choice}
              href={withSearch({ by: choice === "model" ? "" : choice })}
              aria-current={choice === by ? "true" : undefined}
            >
              By {choice}
            </a>
          ))}
        </nav>
      }
      foot={
        paid.length > 0 && (
          <details>
            <summary>As a table</summary>
            <div class="scrolls">
              <table class="numbers">
                <thead>
                  <tr>
                    <th scope="col">From</th>
                    {names.map((name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                    <th scope="col">All</th>
                  </tr>
                </thead>
                <tbody>
                  {paid.map(({ start, parts, total }) => (
                    <tr key={start}>
                      <th scope="row">{format(Date.parse(start))}</th>
                      {parts.map((part, index) => (
                        <td key={index}>{formatExactCost(part)}</td>
                      ))}
                      <td>{formatExactCost(total)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        )
      }
    />
  );
}
