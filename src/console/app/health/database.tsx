import type { Body } from "galley/client";
import { Figure } from "../parts/facts/figure.tsx";
import { formatAgo, formatBytes, formatCount } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { useAnswer } from "../state/answer.ts";
import { now } from "../state/now.ts";
import { client } from "../state/session.ts";
import { Indexes, Tables } from "./tables.tsx";

export type Health = Body<"getDatabase">;

const everySeconds = 30;

/** How large the database is and grows, what its cleanup removed, how its indexes are used, and whether jobs and queue agree. */
export function Database() {
  const { value, error, reload } = useAnswer(
    async (signal) => (await client.value.request("getDatabase", { signal })).body,
    [],
    everySeconds,
  );
  if (error && !value) return <Problem error={error} onRetry={reload} />;
  if (!value) return null;
  return (
    <>
      <Figures health={value} />
      <div class="pair">
        <Tables tables={value.tables} />
        <Indexes indexes={value.indexes} countedSince={value.countedSince} />
      </div>
    </>
  );
}

function Figures({ health: { bytes, tables, cleanup, drift } }: { health: Health }) {
  const [last] = cleanup.runs;
  const growths = tables.map(({ growthBytesPerDay }) => growthBytesPerDay);
  const growth = growths.every((one) => one === null)
    ? null
    : growths.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const repaired = drift.repaired.reduce((sum, { count }) => sum + count, 0);
  return (
    <dl class="figures">
      <Figure
        name="Database"
        under={growth === null ? null : `${growth < 0 ? "−" : "+"}${formatBytes(Math.abs(growth))} a day`}
      >
        {formatBytes(bytes)}
      </Figure>
      <Figure
        name="Removed by the last cleanup"
        under={
          last
            ? `${formatAgo(Date.parse(last.startedAt), now.value)}, ${formatBytes(last.bytes)} freed`
            : "it has not run yet"
        }
      >
        {last ? formatCount(last.removed.jobs) : "–"}
        {last && <small> jobs</small>}
      </Figure>
      <Figure name="Next cleanup" under={cleanup.isOverdue ? "overdue: not taken, or failing" : null}>
        {formatAgo(Date.parse(cleanup.nextDueAt), now.value)}
      </Figure>
      <Figure name="Drift" under={`${formatCount(repaired)} repaired in 30 days`}>
        {formatCount(drift.jobsWithoutQueueJob + drift.queueJobsWithoutJob)}
      </Figure>
    </dl>
  );
}
