import { useState } from "preact/hooks";
import { asWords, formatCost, formatCount } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { Ago } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import { jobPath } from "../state/paths.ts";
import { client } from "../state/session.ts";
import type { Statistics } from "./statistics-page.tsx";

type Failure = Statistics["failures"][number];
type Props = { window: string; onResumed: () => void };

/** Jobs that failed, those that failed alike together, and a way to resume all of a kind. */
export function Failures({ failures, ...props }: Props & { failures: readonly Failure[] }) {
  return (
    <section class="card" aria-labelledby="failures-title">
      <h2 id="failures-title">What failed</h2>
      {failures.length === 0 ? (
        <p class="nothing">No job failed in this time.</p>
      ) : (
        <ul class="failures">
          {failures.map((failure) => (
            <Group key={`${failure.type} ${failure.phase} ${failure.code}`} failure={failure} {...props} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Group({ failure, window, onResumed }: Props & { failure: Failure }) {
  const { type, phase, code, jobs, jobsBefore, cost, last } = failure;
  const [said, setSaid] = useState("");
  const resume = useAction(async () => {
    const { body } = await client.value.request("resumeFailedJobs", { body: { code, phase, type, window } });
    const [refused] = body.refused;
    setSaid(
      `${formatCount(body.resumed.length)} resumed${refused ? `, ${formatCount(body.refused.length)} not: ${refused.detail}` : ""}${body.isMore ? ". There are more." : ""}`,
    );
    onResumed();
  });
  return (
    <li>
      <div>
        <p class="failure-name">
          {asWords(code)}{" "}
          <small>
            in {asWords(phase).toLowerCase()}, {type}
          </small>
        </p>
        <p class="under">
          <span>{formatCost(cost)} spent on them</span>
          <span>{trend(jobs, jobsBefore)}</span>
          {last && (
            <a href={jobPath(last.jobId)}>
              the latest, <Ago time={last.at} />
            </a>
          )}
        </p>
        <p role="status" class="said">
          {said}
        </p>
        {resume.error && <Problem error={resume.error} />}
      </div>
      <p class="amount-of">{formatCount(jobs)}</p>
      <button type="button" class="button" onClick={resume.run} disabled={resume.isBusy || last === null}>
        Resume all
        <span class="hidden">
          that failed with {code} in {phase}
        </span>
      </button>
    </li>
  );
}

function trend(now: number, before: number): string {
  if (before === 0) return "new: none in the time before";
  return now === before ? "as many as in the time before" : `${formatCount(before)} in the time before`;
}
