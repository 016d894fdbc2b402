import { Empty, Loading, Problem } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { address } from "../state/address.ts";
import { paths } from "../state/paths.ts";
import { Filters } from "./filters.tsx";
import { JobRow } from "./job-row.tsx";
import { type Jobs, useJobs } from "./use-jobs.ts";

const filterNames = ["status", "type", "tag", "q", "batchId"] as const;

/** The jobs, the newest first, as they change. */
export function JobsPage() {
  const { searchParams } = address.value;
  const asked = filterNames.flatMap((name) => {
    const value = searchParams.get(name);
    return value ? [[name, value]] : [];
  });
  const jobs = useJobs(Object.fromEntries(asked));
  return (
    <>
      <header class="page-head">
        <PageTitle>Jobs</PageTitle>
      </header>
      <Filters />
      {jobs.error && <Problem error={jobs.error} onRetry={jobs.reload} />}
      <List {...jobs} isFiltered={asked.length > 0} />
    </>
  );
}

function List({ list, error, isLoading, isLoadingMore, loadMore, isFiltered }: Jobs & { isFiltered: boolean }) {
  if (!list) return error ? null : <Loading what="jobs" lines={6} />;
  const isEmpty = list.jobs.length === 0;
  return (
    <section aria-label="Jobs" aria-busy={isLoading}>
      {!isEmpty && (
        <>
          <div class="row columns" aria-hidden="true">
            <span>Job</span>
            <span>Status</span>
            <span class="number">Cost</span>
            <span class="number">Time</span>
            <span class="number">Submitted</span>
          </div>
          <ul class="rows">
            {list.jobs.map((job) => (
              <JobRow key={job.id} job={job} />
            ))}
          </ul>
        </>
      )}
      {isEmpty && !isLoading && (isFiltered ? <NothingFits hasMore={list.nextCursor !== null} /> : <NoJobs />)}
      {list.nextCursor !== null && (
        <button type="button" class="button more" onClick={loadMore} disabled={isLoadingMore}>
          {isLoadingMore ? "Loading…" : "Load more"}
        </button>
      )}
    </section>
  );
}

const NoJobs = () => (
  <Empty title="No jobs yet">
    <p>A job is one request, such as an article on a topic. It is kept and followed here to its end.</p>
  </Empty>
);

const NothingFits = ({ hasMore }: { hasMore: boolean }) => (
  <Empty title="No job fits">
    <p>
      {hasMore
        ? "None of the newest 2,000 jobs fits. Load more to look further back."
        : "Try another status, type, tag or text."}
    </p>
    <a class="button" href={paths.jobs}>
      Show all jobs
    </a>
  </Empty>
);
