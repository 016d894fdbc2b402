import type { Job } from "galley/client";
import { asWords, formatCost, formatDuration, sumCosts } from "../../parts/format.ts";
import { isFinished, Mark } from "../../parts/status.tsx";
import { now } from "../../state/now.ts";
import type { Phase } from "../story.ts";
import { costOfPhase, PhaseRow } from "./phase-row.tsx";
import { scaleOf } from "./scale.ts";
import { percent } from "./track.tsx";

type Props = {
  phases: readonly Phase[];
  names: readonly string[];
  optional: readonly string[];
  job: Pick<Job, "status" | "cost">;
};

/**
 * The phases of a job on a line of time, each with its attempts and its steps. Those that have not begun stand below;
 * `optional`: those that only some jobs have. A job that completed has none below: what its type has today it may not have
 * had then.
 */
export function Timeline({ phases, names, optional, job }: Props) {
  const { status } = job;
  const isRunning = phases.some(({ attempts }) => attempts.some(({ to }) => to === null));
  const end = isRunning ? Math.max(now.value, latest(phases)) : latest(phases);
  const scale = scaleOf(
    phases.flatMap(({ attempts }) => attempts).map(({ from, to }) => ({ from, to: to ?? end })),
  );
  const known = new Set(phases.map(({ name }) => name));
  return (
    <div class="timeline">
      <div class="axis" aria-hidden="true">
        {scale.ticks.map(({ at, words }) => (
          <span key={words} style={{ left: percent(at) }}>
            {words}
          </span>
        ))}
        {scale.written.map(({ at, milliseconds }) => (
          <span key={at} class="pause" style={{ left: percent(at) }}>
            {formatDuration(milliseconds)} later
          </span>
        ))}
      </div>
      <ol>
        {phases.map((phase) => (
          <PhaseRow key={phase.name} phase={phase} scale={scale} end={end} />
        ))}
        {names
          .filter((name) => !known.has(name) && status !== "completed")
          .map((name) => (
            <li key={name} class="phase">
              <div class="line">
                <span class="name">
                  <Mark state="pending" />
                  {asWords(name)}
                </span>
                <span class="track" />
                <span class="later">{laterWords(optional.includes(name), status)}</span>
              </div>
            </li>
          ))}
      </ol>
      <Rest phases={phases} job={job} />
    </div>
  );
}

/** What of a finished job's cost no step stands for. */
function Rest({ phases, job }: Pick<Props, "phases" | "job">) {
  const paid = sumCosts(phases.map(costOfPhase));
  const rest = Number(job.cost ?? 0) - Number(paid ?? job.cost ?? 0);
  if (!isFinished(job) || phases.length === 0 || rest < 1e-9) return null;
  const hasChildren = phases.some(({ attempts }) => attempts.some(({ waitsFor }) => waitsFor === "children"));
  return (
    <p class="rest">
      {hasChildren ? "The jobs that it has spawned, and calls without a result" : "Calls without a result"}
      <span class="cost">{formatCost(rest.toFixed(12))}</span>
    </p>
  );
}

const latest = (phases: readonly Phase[]): number =>
  Math.max(
    0,
    ...phases.flatMap(({ attempts, steps }) =>
      [...attempts, ...steps.flatMap(({ runs }) => runs)].map(({ from, to }) => to ?? from),
    ),
  );

function laterWords(isOptional: boolean, status: Job["status"]): string {
  if (isOptional) return "if asked for";
  return isFinished({ status }) ? "not reached" : "not begun";
}
