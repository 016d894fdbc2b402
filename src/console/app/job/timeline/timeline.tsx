import type { Job } from "galley/client";
import { asWords, formatDuration } from "../../parts/format.ts";
import { isFinished, Mark } from "../../parts/status.tsx";
import { now } from "../../state/now.ts";
import type { Phase } from "../story.ts";
import { PhaseRow } from "./phase-row.tsx";
import { scaleOf } from "./scale.ts";
import { percent } from "./track.tsx";

type Props = {
  phases: readonly Phase[];
  names: readonly string[];
  optional: readonly string[];
  status: Job["status"];
};

/**
 * The phases of a job on a line of time, each with its attempts and its steps. Those that have not begun stand below;
 * `optional`: those that only some jobs have. A job that completed has none below: what its type has today it may not have
 * had then.
 */
export function Timeline({ phases, names, optional, status }: Props) {
  const isRunning = phases.some(({ attempts }) => attempts.some(({ to }) => to === null));
  const end = isRunning ? Math.max(now.value, latest(phases)) : latest(phases);
  const scale = scaleOf(
    phases.flatMap(({ attempts }) => attempts).map(({ from, to }) => ({ from, to: to ?? end })),
  );
  const known = new Set(phases.map(({ name }) => name));
  return (
    <div class="timeline">
      <div class="axis" aria-hidden="true">
        {scale.ticks.map(({ at, milliseconds }) => (
          <span key={milliseconds} style={{ left: percent(at) }}>
            {milliseconds === 0 ? "0" : formatDuration(milliseconds).replace(".0 ", " ")}
          </span>
        ))}
        {scale.pauses.map(({ at, milliseconds }) => (
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
                <span class="took later">{laterWords(optional.includes(name), status)}</span>
                <span class="cost" />
              </div>
            </li>
          ))}
      </ol>
    </div>
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
