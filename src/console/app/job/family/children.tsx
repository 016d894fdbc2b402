import type { Job } from "galley/client";
import { JobList } from "../../jobs/job-list.tsx";
import { useJobs } from "../../jobs/use-jobs.ts";
import { useAnswer } from "../../state/answer.ts";
import { client } from "../../state/session.ts";

/** The jobs that a job has spawned, if it has. */
export function Children({ job: { id, status, phase, waitingFor } }: { job: Job }) {
  const { value } = useAnswer(
    (signal) => client.value.list({ parentId: id, limit: 1 }, { signal }),
    [id, status, phase, waitingFor ?? ""],
  );
  return value && value.data.length > 0 ? <Spawned id={id} /> : null;
}

function Spawned({ id }: { id: string }) {
  const jobs = useJobs({ parentId: id });
  return (
    <section class="spawned" aria-labelledby="spawned-title">
      <h2 id="spawned-title">Jobs that it has spawned</h2>
      <JobList jobs={jobs} empty={null} />
    </section>
  );
}
