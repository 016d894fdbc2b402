import type { Job } from "galley/client";
import { formatAbout, formatCost } from "../parts/format.ts";
import { isFinished, Status } from "../parts/status.tsx";
import { Ago, Took } from "../parts/time.tsx";
import { titleOf } from "../parts/title.ts";
import { waitingWords } from "../parts/waiting.ts";
import { address, withSearch } from "../state/address.ts";
import { now } from "../state/now.ts";
import { batchPath, jobPath, paths } from "../state/paths.ts";

/** A job in one row: what it is about, where it stands or why it failed, what it cost, how long it took. */
export function JobRow({ job }: { job: Job }) {
  return (
    <li class="row">
      <div class="what">
        <a class="cover" href={jobPath(job.id)}>
          {titleOf(job)}
        </a>
        <p class="under">
          <span>{job.type}</span>
          {job.batchId !== null && !isShown(job.batchId) && <a href={batchPath(job.batchId)}>batch</a>}
          {job.parentId !== null && address.value.pathname !== jobPath(job.parentId) && (
            <a href={jobPath(job.parentId)}>spawned</a>
          )}
          {job.tags.map((tag) => (
            <a key={tag} class="tag" href={taggedPath(tag)}>
              <span class="hidden">Tag </span>
              {tag}
            </a>
          ))}
        </p>
      </div>
      <div class="state">
        <Status status={job.status} waitingFor={job.waitingFor} />
        <Standing job={job} />
      </div>
      <p class="cost number">
        <span class="label">Cost </span>
        {formatCost(job.cost)}
      </p>
      <p class="took number">
        <span class="label">Time </span>
        {job.startedAt === null ? "–" : <Took from={job.startedAt} to={job.completedAt} />}
      </p>
      <p class="created">
        <span class="label">Submitted </span>
        <Ago time={job.createdAt} />
      </p>
    </li>
  );
}

/** Whether all rows are of this batch: each need not lead to it. */
function isShown(batchId: string): boolean {
  const { pathname, searchParams } = address.value;
  return pathname === batchPath(batchId) || searchParams.get("batchId") === batchId;
}

/** The jobs with a tag: in the list of jobs its other filters stay. */
const taggedPath = (tag: string): string =>
  address.value.pathname === paths.jobs ? withSearch({ tag }) : `${paths.jobs}?${new URLSearchParams({ tag })}`;

/** Where a job stands, in a line: its step, what it waits for, or its reason. */
function Standing({ job }: { job: Job }) {
  if (job.status === "failed") return <p class="standing reason">{job.error?.message ?? "No reason is known."}</p>;
  if (isFinished(job)) return null;
  const wait = waitingWords(job, now.value);
  const left = job.estimatedTimeRemaining;
  return (
    <>
      {job.status === "processing" && (
        <progress max={100} value={job.percentage} aria-label={`Progress of ${titleOf(job)}`} />
      )}
      <p class="standing">
        {wait ?? job.currentStep}
        {wait === null && left !== null && left > 0 && `, ${formatAbout(left * 1000)} left`}
      </p>
    </>
  );
}
