import type { ComponentChildren } from "preact";
import { Loading, Problem } from "../parts/notice.tsx";
import { JobRow } from "./job-row.tsx";
import type { Jobs } from "./use-jobs.ts";

/** Jobs in rows, and a button for older ones. `empty`: what stands there if there are none. */
export function JobList({ jobs, empty }: { jobs: Jobs; empty: ComponentChildren }) {
  const { list, error, isLoading, isLoadingMore, loadMore, reload } = jobs;
  const problem = error && <Problem error={error} onRetry={reload} />;
  if (!list) return problem ?? <Loading what="jobs" lines={6} />;
  return (
    <section aria-label="Jobs" aria-busy={isLoading}>
      {problem}
      {list.jobs.length > 0 && (
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
      {list.jobs.length === 0 && !isLoading && empty}
      {list.nextCursor !== null && (
        <button type="button" class="button more" onClick={loadMore} disabled={isLoadingMore}>
          {isLoadingMore ? "Loading…" : "Load more"}
        </button>
      )}
    </section>
  );
}
