import { asWords, formatCost, formatCount } from "../parts/format.ts";
import type { Statistics } from "./statistics-page.tsx";

type Props = Pick<Statistics, "models" | "types">;

/** What calls to models cost: by model, and by type of job. */
export function Costs({ models, types }: Props) {
  const rows = [
    ...models.map(({ provider, model, ...calls }) => ({ name: model, of: provider, ...calls })),
    ...types.flatMap(({ type, calls }) => (calls ? [{ name: asWords(type), of: "type", ...calls }] : [])),
  ];
  const dearest = Math.max(0, ...rows.map(({ cost }) => Number(cost))) || 1;
  return (
    <section class="card" aria-labelledby="costs-title">
      <h2 id="costs-title">What it costs</h2>
      {rows.length === 0 ? (
        <p class="nothing">No model was called in this time.</p>
      ) : (
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Model or type</th>
              <th scope="col" class="wide">
                <span class="hidden">Drawn</span>
              </th>
              <th scope="col">Calls</th>
              <th scope="col">Tokens</th>
              <th scope="col">Cost</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, of, calls, tokens, cost, unpriced }) => (
              <tr key={`${of} ${name}`}>
                <th scope="row">
                  {name} <small>{of}</small>
                </th>
                <td class="wide" aria-hidden="true">
                  <span class="amount">
                    <span class="processing" style={{ width: `${(Number(cost) / dearest) * 100}%` }} />
                  </span>
                </td>
                <td>{formatCount(calls)}</td>
                <td>{formatCount(tokens.input + tokens.output)}</td>
                <td>
                  {formatCost(cost)}
                  {unpriced > 0 && " and more"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
