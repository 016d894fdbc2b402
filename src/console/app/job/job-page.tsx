import type { Job } from "galley/client";
import { useMemo } from "preact/hooks";
import { Empty, Loading, NotShown, Problem } from "../parts/notice.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { PageTitle } from "../parts/page-title.tsx";
import { Status } from "../parts/status.tsx";
import { titleOf } from "../parts/title.ts";
import { useAnswer } from "../state/answer.ts";
import { jobPath, paths } from "../state/paths.ts";
import { client } from "../state/session.ts";
import { Actions } from "./actions.tsx";
import { Answers } from "./answers/answers.tsx";
import { Details } from "./details.tsx";
import { FailureNotice } from "./failure.tsx";
import { Children } from "./family/children.tsx";
import { Figures } from "./figures.tsx";
import { History } from "./history.tsx";
import { storyOf } from "./story.ts";
import { Text } from "./text/text.tsx";
import { Timeline } from "./timeline/timeline.tsx";
import { useFollowedJob } from "./use-followed-job.ts";

/** One job: where it is, what it costs, why it failed, what it writes, and all that has happened to it. */
export function JobPage({ id }: { id: string }) {
  const { job, events, error, reload } = useFollowedJob(id);
  const types = useAnswer((signal) => client.value.types.list({ signal }), []);
  const { phases } = useMemo(() => storyOf(events), [events]);

  if (!job && (error?.code === "not_found" || error?.code === "gone"))
    return <NoSuchJob isGone={error.code === "gone"} />;
  if (!job) return error ? <NotShown error={error} onRetry={reload} /> : <Loading what="the job" lines={8} />;
  const title = titleOf(job);
  const { phases: names = [], optionalPhases = [] } = types.value?.data.find(({ type }) => type === job.type) ?? {};
  const isCompleted = job.status === "completed";
  // Where the columns have no room beside each other, what came out stands before how it came about.
  const text = <Text key="text" job={job} phases={phases} />;
  return (
    <>
      <PageHead
        of="jobs"
        title={title}
        status={<Status status={job.status} waitingFor={job.waitingFor} />}
        submittedAt={job.createdAt}
        about={aboutOf(job)}
      >
        <Actions job={job} phases={names} onChange={reload} />
      </PageHead>
      {error && <Problem error={error} onRetry={reload} />}
      <FailureNotice job={job} onChange={reload} />
      <Answers job={job} onChange={reload} />
      <Figures job={job} />
      <Children job={job} />
      <div class="columns-page">
        {isCompleted && text}
        <section key="phases" class="card" aria-labelledby="phases-title">
          <h2 id="phases-title">Phases</h2>
          <Timeline phases={phases} names={names} optional={optionalPhases} job={job} />
        </section>
        {!isCompleted && text}
        <div key="facts" class="facts-row">
          <Details job={job} />
          <History events={events} />
        </div>
      </div>
    </>
  );
}

const aboutOf = ({ type, parentId }: Job) => [
  type,
  ...(parentId === null ? [] : [<a href={jobPath(parentId)}>spawned by another job</a>]),
];

const NoSuchJob = ({ isGone }: { isGone: boolean }) => (
  <>
    <PageTitle>{isGone ? "This job was removed" : "No such job"}</PageTitle>
    <Empty title={isGone ? "It was finished and older than jobs are kept" : "None of your jobs has this id"}>
      <a class="button" href={paths.jobs}>
        All jobs
      </a>
    </Empty>
  </>
);
