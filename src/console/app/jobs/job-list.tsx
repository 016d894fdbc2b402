import type { ComponentChildren } from "preact";
import { PageList } from "../list/page-list.tsx";
import { JobRow } from "./job-row.tsx";
import type { Jobs } from "./use-jobs.ts";

const columns = ["Job", "Status", "Cost", "Time", "Submitted"];

/** Jobs in rows. `empty`: what stands there if there are none. */
export const JobList = ({ jobs, empty }: { jobs: Jobs; empty: ComponentChildren }) => (
  <PageList
    pages={jobs}
    name="Jobs"
    columns={columns}
    row={(job) => <JobRow key={job.id} job={job} />}
    empty={empty}
  />
);
