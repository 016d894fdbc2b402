import { asWords, formatCost, formatDuration, sumCosts } from "../parts/format.ts";
import { Mark } from "../parts/status.tsx";
import { now } from "../state/now.ts";
import { type Scale, scaleOf } from "./scale.ts";
import type { Attempt, Outcome, Phase, Step, StepRun } from "./story.ts";

type Run = { from: number; to: number | null; outcome: Outcome };

/** The phases of a job on a line of time, each with its attempts and its steps. Those that have not begun stand below. */
export function Timeline({ phases, names }: { phases: readonly Phase[]; names: readonly string[] }) {
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
          .filter((name) => !known.has(name))
          .map((name) => (
            <li key={name} class="phase">
              <div class="line">
                <span class="name">
                  <Mark state="pending" />
                  {asWords(name)}
                </span>
                <span class="track" />
                <span class="took later">not begun</span>
                <span class="cost" />
              </div>
            </li>
          ))}
      </ol>
    </div>
  );
}

type RowProps = { scale: Scale; end: number };

function PhaseRow({ phase: { name, attempts, steps }, scale, end }: RowProps & { phase: Phase }) {
  const state = attempts.at(-1)?.outcome ?? "pending";
  const cost = sumCosts(steps.map(costOf));
  return (
    <li class="phase">
      <div class="line">
        <span class="name">
          <Mark state={state} />
          {asWords(name)}
          <span class="hidden">, {state}</span>
        </span>
        <Track runs={attempts} scale={scale} end={end} />
        <span class="took">{formatDuration(timeOf(attempts, end))}</span>
        <span class="cost">{steps.length > 0 && formatCost(cost)}</span>
      </div>
      {attempts.map((attempt, index) => (
        <AttemptLine
          key={attempt.from}
          attempt={attempt}
          next={attempts[index + 1]}
          isOnly={attempts.length === 1}
        />
      ))}
      {steps.length > 0 && (
        <ol class="steps" aria-label={`Steps of ${name}`}>
          {steps.map((step) => (
            <StepRow key={step.key} step={step} scale={scale} end={end} />
          ))}
        </ol>
      )}
    </li>
  );
}

/** What is to be said of an attempt that did not complete its phase. */
function AttemptLine({ attempt, next, isOnly }: { attempt: Attempt; next: Attempt | undefined; isOnly: boolean }) {
  const { number, outcome, failure, nextAttemptAt, to } = attempt;
  const follows = next?.from ?? nextAttemptAt;
  const then =
    follows !== null && follows !== undefined && to !== null
      ? `, tried again ${formatDuration(follows - to)} later`
      : "";
  const name = isOnly ? "" : `Attempt ${number}: `;
  // Why the job itself failed stands above, on its own.
  if (failure && follows === null) return null;
  if (failure)
    return (
      <p class="attempt failed">
        {name}
        {failure.message.replace(/\.$/, "")}
        {failure.detail && ` (${failure.detail})`}
        {then}.
      </p>
    );
  if (outcome === "stopped") return <p class="attempt">{name}its worker was lost, another one went on.</p>;
  if (outcome === "waiting") return <p class="attempt">{name}waited for the model provider.</p>;
  return null;
}

function StepRow({ step: { label, runs }, scale, end }: RowProps & { step: Step }) {
  const last = runs.at(-1);
  const isReused = last?.isReused ?? false;
  return (
    <li class="line step">
      <span class="name">
        <Mark state={last?.outcome ?? "pending"} />
        <span class="step-label" title={label}>
          {label}
        </span>
        <span class="hidden">, {last?.outcome}</span>
      </span>
      <Track runs={runs} scale={scale} end={end} />
      <span class="took">{isReused ? "kept" : formatDuration(timeOf(runs.slice(-1), end))}</span>
      <span class="cost">{last?.outcome === "completed" && formatCost(costOf({ runs }))}</span>
    </li>
  );
}

function Track({ runs, scale, end }: RowProps & { runs: readonly Run[] }) {
  return (
    <span class="track" aria-hidden="true">
      {scale.pauses.map(({ at }) => (
        <span key={at} class="gap" style={{ left: percent(at) }} />
      ))}
      {runs.map(({ from, to, outcome }) => {
        const left = scale.at(from);
        return (
          <span
            key={from}
            class={`bar ${outcome}`}
            style={{ left: percent(left), width: percent(scale.at(to ?? end) - left) }}
          />
        );
      })}
    </span>
  );
}

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

const timeOf = (runs: readonly Run[], end: number): number =>
  runs.reduce((sum, { from, to }) => sum + (to ?? end) - from, 0);

/** What a step cost when it was paid for: a run that reuses what is there costs nothing more. */
const costOf = ({ runs }: { runs: readonly StepRun[] }): string | null => {
  const paid = runs.filter(({ outcome, isReused }) => outcome === "completed" && !isReused).at(-1);
  return paid ? paid.cost : "0";
};

const latest = (phases: readonly Phase[]): number =>
  Math.max(
    0,
    ...phases.flatMap(({ attempts, steps }) =>
      [...attempts, ...steps.flatMap(({ runs }) => runs)].map(({ from, to }) => to ?? from),
    ),
  );
