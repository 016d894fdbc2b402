import { Fragment } from "preact";
import { Numbers } from "../parts/facts/numbers.tsx";
import { formatBytes, formatCount, formatMoment } from "../parts/format.ts";
import type { Health } from "./database.tsx";

const most = 12;

export const Tables = ({ tables }: { tables: Health["tables"] }) => (
  <Numbers
    title="The largest tables"
    rows={tables.slice(0, most)}
    empty="It has no tables."
    of="Table"
    name={({ name }) => <Named name={name} />}
    columns={{
      Rows: ({ rows }) => formatCount(rows),
      "Dead rows": ({ deadRows }) => formatCount(deadRows),
      Size: ({ bytes }) => formatBytes(bytes),
      "A day": ({ growthBytesPerDay }) => (growthBytesPerDay === null ? "–" : formatBytes(growthBytesPerDay)),
    }}
  />
);

/** A name that breaks between its words where it has no room. */
const Named = ({ name }: { name: string }) => (
  <span class="breaks">
    {name.split(/(?<=[._])/).map((word, index) => (
      <Fragment key={index}>
        {word}
        <wbr />
      </Fragment>
    ))}
  </span>
);

type IndexesProps = Pick<Health, "indexes" | "countedSince">;

/** The largest indexes, and how often each was used: one that never is only costs. */
export function Indexes({ indexes, countedSince }: IndexesProps) {
  const isUnused = ({ scans, isConstraint }: Health["indexes"][number]) => scans === 0 && !isConstraint;
  const unused = indexes.filter(isUnused);
  const bytes = unused.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <Numbers
      title="The largest indexes"
      rows={indexes.slice(0, most)}
      empty="It has no indexes."
      of="Index"
      name={(index) => (
        <>
          <Named name={index.name} />{" "}
          <small>{isUnused(index) ? "never used" : index.isConstraint ? "keeps rows unique" : ""}</small>
        </>
      )}
      columns={{
        Scans: ({ scans }) => formatCount(scans),
        Size: ({ bytes: size }) => formatBytes(size),
      }}
    >
      {unused.length === 0
        ? "Each was used"
        : `${formatCount(unused.length)} were never used (${formatBytes(bytes)})`}
      {countedSince === null
        ? " since the database was made."
        : ` since ${formatMoment(Date.parse(countedSince))}.`}
    </Numbers>
  );
}
