import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

type Props<Row> = {
  title: string;
  rows: readonly Row[];
  /** Said where there are none. */
  empty: string;
  /** What the rows are, above their names. */
  of: string;
  name(row: Row): ComponentChildren;
  /** The row's numbers as a drawing, which readers and small screens leave out. */
  drawn?: (row: Row) => ComponentChildren;
  /** By what stands above them. */
  columns: Readonly<Record<string, (row: Row) => ComponentChildren>>;
  /** Whether the rows below are its parts. */
  isWhole?: (row: Row) => boolean;
  /** A sentence on all of them. */
  children?: ComponentChildren;
};

/** Numbers in a table on a card of its own. */
export function Numbers<Row>(props: Props<Row>) {
  const { title, rows, empty, of, name, drawn, columns, isWhole, children } = props;
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {rows.length === 0 ? (
        <p class="nothing">{empty}</p>
      ) : (
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{of}</th>
              {drawn && (
                <th scope="col" class="wide">
                  <span class="hidden">Drawn</span>
                </th>
              )}
              {Object.keys(columns).map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index} class={isWhole?.(row) ? "whole-row" : undefined}>
                <th scope="row">{name(row)}</th>
                {drawn && (
                  <td class="wide" aria-hidden="true">
                    {drawn(row)}
                  </td>
                )}
                {Object.entries(columns).map(([column, cell]) => (
                  <td key={column}>{cell(row)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {children && <p class="hint">{children}</p>}
    </section>
  );
}

/** An amount as a bar: pieces beside each other, each a part of the largest amount of all. */
export const Amount = ({ pieces }: { pieces: Readonly<Record<string, number>> }) => (
  <span class="amount">
    {Object.entries(pieces).map(([kind, part]) => (
      <span key={kind} class={kind} style={{ width: `${part * 100}%` }} />
    ))}
  </span>
);
