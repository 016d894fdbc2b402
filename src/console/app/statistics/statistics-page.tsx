import type { Body } from "galley/client";
import { Figure } from "../parts/facts/figure.tsx";
import { formatCost, formatCount, formatDuration } from "../parts/format.ts";
import { Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { address, withSearch } from "../state/address.ts";
import { useAnswer } from "../state/answer.ts";
import { client } from "../state/session.ts";
import { Costs } from "./costs.tsx";
import { CostsOverTime } from "./costs-over-time.tsx";
import { Durations } from "./durations.tsx";
import { Failures } from "./failures.tsx";
import { Queue } from "./queue.tsx";
import { changeWords } from "./spans.ts";
import { Throughput } from "./throughput.tsx";

export type Statistics = Body<"getStatistics">;

const windows = [
  ["15m", "15 min"],
  ["1h", "1 hour"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
] as const;
const everySeconds = 10;

/** What happened over a window of time that one picks: how much, how well, how fast, at what cost, and what failed. */
export function StatisticsPage() {
  const window = address.value.searchParams.get("window") ?? "24h";
  const { value, error, isLoading, reload } = useAnswer(
    async (signal) => (await client.value.request("getStatistics", { query: { window }, signal })).body,
    [window],
    everySeconds,
  );
  const types = useAnswer((signal) => client.value.types.list({ signal }), []);
  return (
    <>
      <header class="page-head">
        <PageTitle>Statistics</PageTitle>
        <nav class="windows" aria-label="Window of time">
          {windows.map(([name, words]) => (
            <a key={name} href={withSearch({ window: name })} aria-current={name === window ? "page" : undefined}>
              <span class="hidden">The last </span>
              {words}
            </a>
          ))}
        </nav>
      </header>
      {error && <Problem error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the statistics" lines={6} />}
      {value && (
        <div class="statistics" aria-busy={isLoading}>
          <Figures statistics={value} />
          <Throughput spans={value.spans} span={value.span} />
          <CostsOverTime costs={value.costs} spans={value.spans} span={value.span} />
          <Failures failures={value.failures} window={value.window} onResumed={reload} />
          <div class="pair">
            <Durations statistics={value} order={types.value?.data ?? []} />
            <div class="stack">
              <Queue queue={value.queue} />
              <Costs models={value.models} types={value.types} />
            </div>
          </div>
        </div>
      )}
    </>
  );
}

function Figures({ statistics: { jobs, jobsBefore, calls, queue } }: { statistics: Statistics }) {
  const { p50, p95 } = jobs.processingSeconds;
  const { successRate } = jobs;
  return (
    <dl class="figures">
      <Figure name="Jobs submitted" under={changeWords(jobs.created, jobsBefore.created)}>
        {formatCount(jobs.created)}
      </Figure>
      <Figure name="Success" under={`${formatCount(jobs.completed)} completed, ${formatCount(jobs.failed)} failed`}>
        {successRate === null ? "–" : (successRate * 100).toFixed(1)}
        {successRate !== null && <small> %</small>}
      </Figure>
      <Figure name="Typical time" under={p95 === null ? null : `19 of 20 within ${formatDuration(p95 * 1000)}`}>
        {p50 === null ? "–" : formatDuration(p50 * 1000)}
      </Figure>
      <Figure
        name="Cost"
        under={
          calls.unpriced > 0
            ? `and ${formatCount(calls.unpriced)} calls of unknown price`
            : `${formatCount(calls.calls)} calls`
        }
      >
        {formatCost(calls.cost)}
      </Figure>
      <Figure
        name="In the queue"
        under={
          queue.oldestWaitSeconds === null
            ? `${formatCount(queue.running)} running`
            : `the oldest waits for ${formatDuration(queue.oldestWaitSeconds * 1000)}`
        }
      >
        {formatCount(queue.waiting)}
      </Figure>
    </dl>
  );
}
