import type { Job } from "galley/client";
import { Figure } from "../parts/facts/figure.tsx";
import { formatAbout, formatCost, formatCount, formatDuration, formatExactCost } from "../parts/format.ts";
import { isFinished } from "../parts/status.tsx";
import { Took } from "../parts/time.tsx";
import { waitingWords } from "../parts/waiting.ts";
import { now } from "../state/now.ts";

/** What one wants to know first: how far, what it cost, how long, with what, and what came out. */
export function Figures({ job }: { job: Job }) {
  const { input, cachedInput, output } = job.tokens;
  const wait = isFinished(job) ? null : waitingWords(job, now.value);
  const left = job.estimatedTimeRemaining;
  return (
    <dl class="figures">
      {job.status !== "completed" && (
        <Figure
          name="Progress"
          under={isFinished(job) ? null : (wait ?? job.currentStep)}
          bar={<progress max={100} value={job.percentage} aria-label="Progress of this job" class={job.status} />}
        >
          {job.percentage}
          <small> %</small>
        </Figure>
      )}
      <Figure
        name="Cost"
        under={job.maxCostUsd === null ? costWords(job) : `of at most ${formatExactCost(job.maxCostUsd)}`}
      >
        {formatCost(job.cost)}
      </Figure>
      <Figure name="Time" under={left !== null && left > 0 ? `${formatAbout(left * 1000)} left` : timeWords(job)}>
        {job.startedAt === null ? "–" : <Took from={job.startedAt} to={job.completedAt} />}
      </Figure>
      <Figure
        name="Tokens"
        under={`${formatCount(input)} in${cachedInput > 0 ? ` (${formatCount(cachedInput)} cached)` : ""}, ${formatCount(output)} out`}
      >
        {formatCount(input + output)}
      </Figure>
      {job.wordCount !== null && (
        <Figure name="Words" under={job.seoScore === null ? null : `SEO score ${job.seoScore} of 100`}>
          {formatCount(job.wordCount)}
        </Figure>
      )}
    </dl>
  );
}

const costWords = ({ cost, provider }: Job): string | null => {
  if (cost === null) return "a call has no known price";
  return provider === "demo" ? "the demo model is free" : null;
};

function timeWords({ startedAt, createdAt }: Job): string | null {
  if (startedAt === null) return "not begun yet";
  const waited = Date.parse(startedAt) - Date.parse(createdAt);
  return waited < 1000 ? null : `after ${formatDuration(waited)} in the queue`;
}
