import type { Body } from "galley/client";
import { JobList } from "../jobs/job-list.tsx";
import { useJobs } from "../jobs/use-jobs.ts";
import { Figure } from "../parts/facts/figure.tsx";
import { formatCost } from "../parts/format.ts";
import { Empty, Loading, NotShown, Problem } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { Status } from "../parts/status.tsx";
import { Took } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import { useAnswer } from "../state/answer.ts";
import { paths } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { nameOf, Parts, StandLinks } from "./progress.tsx";

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
  if (!batch) return error ? <NotShown error={error} onRetry={reload} /> : <Loading what="the batch" lines={8} />;
  return (
    <>
      <PageHead
        of="batches"
        title={nameOf(batch)}
        status={<Status status={batch.status} />}
        submittedAt={batch.createdAt}
        about={batch.tags}
      >
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

function Figures({ batch }: { batch: Batch }) {
  const { percentage, total, cost, createdAt, completedAt } = batch;
  return (
    <dl class="figures">
      <Figure name="Progress" bar={<Parts batch={batch} />} under={<StandLinks batch={batch} />}>
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
      <a class="button" href={paths.batches}>
        All batches
      </a>
    </Empty>
  </>
);
