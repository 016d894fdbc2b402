import type { Job } from "galley/client";
import type { ComponentChildren } from "preact";
import { Copy } from "../parts/copy.tsx";
import { Facts } from "../parts/facts/facts.tsx";
import { formatExactCost, formatMoment } from "../parts/format.ts";
import { batchPath, jobPath, paths } from "../state/paths.ts";

/** The facts of a job that rarely matter, and what it was given. */
export function Details({ job }: { job: Job }) {
  const facts: [string, ComponentChildren][] = [
    [
      "Id",
      <span key="id" class="id">
        <code>{job.id}</code>
        <Copy text={job.id} of="the id" />
      </span>,
    ],
    ["Type", job.type],
    ["Model", job.model === null ? null : `${job.model} of ${job.provider}`],
    ["Submitted", moment(job.createdAt)],
    ["Started", moment(job.startedAt)],
    ["Finished", moment(job.completedAt)],
    ["Attempt", job.attempts === 0 ? null : `${job.attempts} of ${job.maxAttempts}`],
    ["Priority", job.priority === 0 ? null : job.priority],
    ["Budget", job.maxCostUsd === null ? null : formatExactCost(job.maxCostUsd)],
    ["Tags", job.tags.length === 0 ? null : job.tags.join(", ")],
    ["Batch", job.batchId === null ? null : <a href={batchPath(job.batchId)}>All of the batch</a>],
    [
      "Schedule",
      job.scheduleId === null ? null : (
        <a href={`${paths.jobs}?scheduleId=${job.scheduleId}`}>All of the schedule</a>
      ),
    ],
    ["Parent", job.parentId === null ? null : <a href={jobPath(job.parentId)}>The job that spawned it</a>],
    ["Fork of", job.forkedFrom === null ? null : <a href={jobPath(job.forkedFrom)}>An earlier job</a>],
    ["Replaces", job.supersedes === null ? null : <a href={jobPath(job.supersedes)}>An earlier job</a>],
  ];
  return (
    <section class="card details" aria-labelledby="details-title">
      <h2 id="details-title">Details</h2>
      <Facts facts={facts} />
      <details>
        <summary>Input</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{JSON.stringify(job.input, null, 2)}</pre>
      </details>
    </section>
  );
}

const moment = (time: string | null): ComponentChildren =>
  time === null ? null : <time dateTime={time}>{formatMoment(Date.parse(time))}</time>;
