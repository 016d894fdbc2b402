import { Icon } from "../parts/icons.tsx";
import { Empty } from "../parts/notice.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { address } from "../state/address.ts";
import { paths } from "../state/paths.ts";
import { Filters } from "./filters.tsx";
import { JobList } from "./job-list.tsx";
import { useJobs } from "./use-jobs.ts";

const filterNames = ["status", "type", "tag", "q", "batchId", "scheduleId"] as const;

/** The jobs, the newest first, as they change. */
export function JobsPage() {
  const { searchParams } = address.value;
  const asked = filterNames.flatMap((name) => {
    const value = searchParams.get(name);
    return value ? [[name, value]] : [];
  });
  const jobs = useJobs(Object.fromEntries(asked));
  const hasMore = (jobs.list?.nextCursor ?? null) !== null;
  return (
    <>
      <header class="page-head">
        <PageTitle>Jobs</PageTitle>
        <a class="button primary" href={paths.new}>
          <Icon name="plus" />
          New job
        </a>
      </header>
      <Filters />
      <JobList jobs={jobs} empty={asked.length > 0 ? <NothingFits hasMore={hasMore} /> : <NoJobs />} />
    </>
  );
}

const NoJobs = () => (
  <Empty title="No jobs yet">
    <p>A job is one request, such as an article on a topic. It is kept and followed here to its end.</p>
    <a class="button primary" href={paths.new}>
      Submit the first one
    </a>
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
