import { useState } from "preact/hooks";
import { asWords, formatCost, formatCount } from "../parts/format.ts";
import { Problem } from "../parts/notice.tsx";
import { Ago } from "../parts/time.tsx";
import { useAction } from "../state/action.ts";
import { jobPath } from "../state/paths.ts";
import { client } from "../state/session.ts";
import type { Statistics } from "./statistics-page.tsx";

// Of those that fail most. A few more are not worth a click.
const most = 6;
const worthIt = 3;

type Failure = Statistics["failures"][number];
type Props = { window: string; onResumed: () => void };

/** Jobs that failed, those that failed alike together, and a way to resume all of a kind. */
export function Failures({ failures, ...props }: Props & { failures: readonly Failure[] }) {
  // A kind is gone as soon as all of it was resumed: what came of that is still to be read.
  const [said, setSaid] = useState("");
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole || failures.length < most + worthIt ? failures : failures.slice(0, most);
  return (
    <section class="card" aria-labelledby="failures-title">
      <h2 id="failures-title">What failed</h2>
      <p role="status" class="said">
        {said}
      </p>
      {failures.length === 0 ? (
        <p class="nothing">No job failed in this time.</p>
      ) : (
        <ul class="failures">
          {shown.map((failure) => (
            <Group
              key={`${failure.type} ${failure.phase} ${failure.code}`}
              failure={failure}
              onSaid={setSaid}
              {...props}
            />
          ))}
        </ul>
      )}
      {shown.length < failures.length && (
        <button type="button" class="button more" onClick={() => setWhole(true)}>
          Show all {formatCount(failures.length)}
        </button>
      )}
    </section>
  );
}

type GroupProps = Props & { failure: Failure; onSaid: (said: string) => void };

function Group({ failure, window, onSaid, onResumed }: GroupProps) {
  const { type, phase, code, jobs, jobsBefore, cost, last } = failure;
  const resume = useAction(async () => {
    const kind = { code, phase, type, window };
    let resumed = 0;
    const refused: string[] = [];
    try {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const { body } = await client.value.request("resumeFailedJobs", {
          body: { ...kind, ...(cursor && { cursor }) },
        });
        resumed += body.resumed.length;
        refused.push(...body.refused.map(({ detail }) => detail));
        cursor = body.nextCursor;
        onSaid(wordsOf(resumed, refused));
      }
    } finally {
      onResumed();
    }
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

function wordsOf(resumed: number, refused: readonly string[]): string {
  const said = `${formatCount(resumed)} resumed`;
  return refused.length === 0 ? said : `${said}, ${formatCount(refused.length)} not: ${refused[0]}`;
}

function trend(now: number, before: number): string {
  if (before === 0) return "new: none in the time before";
  return now === before ? "as many as in the time before" : `${formatCount(before)} in the time before`;
}
