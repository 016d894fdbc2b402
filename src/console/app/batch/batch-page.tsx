import type { Body } from "galley/client";
import { JobList } from "../jobs/job-list.tsx";
import { useJobs } from "../jobs/use-jobs.ts";
import { Figure } from "../parts/figure.tsx";
import { formatCost, formatCount } from "../parts/format.ts";
import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { statusWords } from "../parts/status.tsx";
import { Took } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import { useAnswer } from "../state/answer.ts";
import { paths } from "../state/paths.ts";
import { client } from "../state/session.ts";

type Batch = Body<"getBatch">;

const everySeconds = 3;

/** Jobs that were submitted together: how far they are, what they cost, and each of them. */
export function BatchPage({ id }: { id: string }) {
  const {
    value: batch,
    error,
    reload,
  } = useAnswer((signal) => client.value.batches.get(id, { signal }), [id], everySeconds);
  const jobs = useJobs({ batchId: id });
  const cancel = useAction(async () => {
    await client.value.batches.cancel(id);
    reload();
  });
  if (!batch && error?.code === "not_found") return <NoSuchBatch />;
  if (!batch) return error ? <Problem error={error} onRetry={reload} /> : <Loading what="the batch" lines={8} />;
  const name = `A batch of ${formatCount(batch.total)} ${batch.total === 1 ? "job" : "jobs"}`;
  return (
    <>
      <PageHead title={name} status={batch.status} submittedAt={batch.createdAt} about={batch.tags}>
        {batch.status === "processing" && (
          <button type="button" class="button" onClick={cancel.run} disabled={cancel.isBusy}>
            Cancel what is not finished
          </button>
        )}
      </PageHead>
      {error && <Problem error={error} onRetry={reload} />}
      {cancel.error && <Problem error={cancel.error} />}
      <Figures batch={batch} />
      <JobList jobs={jobs} empty={<Empty title="None of its jobs is kept any more" />} />
    </>
  );
}

const shown = ["completed", "failed", "cancelled", "processing", "pending"] as const;

function Figures({ batch: { percentage, counts, total, cost, createdAt, completedAt } }: { batch: Batch }) {
  const some = shown.filter((status) => counts[status] > 0);
  return (
    <dl class="figures">
      <Figure
        name="Progress"
        bar={
          <span class="parts" aria-hidden="true">
            {some.map((status) => (
              <span key={status} class={`part ${status}`} style={{ flexGrow: counts[status] }} />
            ))}
          </span>
        }
        under={some
          .map((status) => `${formatCount(counts[status])} ${statusWords[status].toLowerCase()}`)
          .join(", ")}
      >
        {percentage}
        <small> %</small>
      </Figure>
      <Figure name="Cost" under={cost === null ? "a call has no known price" : `${perJob(cost, total)} a job`}>
        {formatCost(cost)}
      </Figure>
      <Figure name="Time">
        <Took from={createdAt} to={completedAt} />
      </Figure>
    </dl>
  );
}

const perJob = (cost: string, total: number): string => formatCost((Number(cost) / total).toFixed(12));

const NoSuchBatch = () => (
  <>
    <PageTitle>No such batch</PageTitle>
    <Empty title="None of your batches has this id">
      <a class="button" href={paths.jobs}>
        All jobs
      </a>
    </Empty>
  </>
);
