import { sumCosts } from "../parts/format.ts";
import { mostBars } from "./spans.ts";

type Cost = { start: string; type: string | null; model: string; cost: string };

/** What calls are told apart by. */
export type By = "model" | "type";

/** `parts`: exact dollars, of each series in its order. */
export type CostBar = { start: string; parts: string[]; total: string };

// More colours could not be told apart.
const mostSeries = 4;

/**
 * The costs of calls over time, by the costliest models or types, and of all the rest together as `others`. There are 61
 * bars at most: over a longer time each stands for several spans.
 */
export function costBars(
  costs: readonly Cost[],
  starts: readonly string[],
  by: By,
): { series: string[]; bars: CostBar[] } {
  const named = costs.map(({ start, type, model, cost }) => ({
    start,
    cost,
    name: by === "model" ? model : (type ?? "removed jobs"),
  }));
  const totals = [...Map.groupBy(named, ({ name }) => name)]
    .map(([name, some]) => ({ name, total: totalOf(some) }))
    .toSorted((one, other) => Number(other.total) - Number(one.total));
  const names = totals.map(({ name }) => name);
  const hasOthers = names.length > mostSeries;
  const series = hasOthers ? [...names.slice(0, mostSeries - 1), "others"] : names;
  const placeOf = (name: string): number => (series.includes(name) ? series.indexOf(name) : series.length - 1);

  const size = Math.ceil(starts.length / mostBars) || 1;
  const barOf = new Map(starts.map((start, index) => [start, Math.floor(index / size)]));
  const byBar = Map.groupBy(named, ({ start }) => barOf.get(start));
  const bars = starts
    .filter((_, index) => index % size === 0)
    .map((start, index) => {
      const some = byBar.get(index) ?? [];
      return {
        start,
        parts: series.map((_, place) => totalOf(some.filter(({ name }) => placeOf(name) === place))),
        total: totalOf(some),
      };
    });
  return { series, bars };
}

const totalOf = (some: readonly { cost: string }[]): string => sumCosts(some.map(({ cost }) => cost)) ?? "0";
