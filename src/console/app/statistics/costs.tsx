import { Amount, Numbers } from "../parts/facts/numbers.tsx";
import { asWords, formatCount, formatExactCost } from "../parts/format.ts";
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
    <Numbers
      title="What it costs"
      rows={rows}
      empty="No model was called in this time."
      of="Model or type"
      name={({ name, of }) => (
        <>
          {name} <small>{of}</small>
        </>
      )}
      drawn={({ cost }) => <Amount pieces={{ processing: Number(cost) / dearest }} />}
      columns={{
        Calls: ({ calls }) => formatCount(calls),
        Tokens: ({ tokens }) => formatCount(tokens.input + tokens.output),
        Cost: ({ cost, unpriced }) => `${formatExactCost(cost)}${unpriced > 0 ? " and more" : ""}`,
      }}
    />
  );
}
