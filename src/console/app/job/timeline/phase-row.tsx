import { asWords, formatCost, formatDuration, sumCosts } from "../../parts/format.ts";
import { Mark } from "../../parts/status.tsx";
import { reasonWords } from "../../parts/waiting.ts";
import type { Attempt, Phase, Step, StepRun } from "../story.ts";
import { foldSteps } from "./fold.ts";
import { type Drawn, type Run, Track } from "./track.tsx";

/** A phase with its attempts, and below it its steps. */
export function PhaseRow({ phase, scale, end }: Drawn & { phase: Phase }) {
  const { name, attempts, steps } = phase;
  const state = attempts.at(-1)?.outcome ?? "pending";
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
        <span class="cost">{steps.some(isPaid) && formatCost(costOfPhase(phase))}</span>
      </div>
      {attempts.map((attempt, index) => (
        <AttemptLine
          key={attempt.from}
          attempt={attempt}
          next={attempts[index + 1]}
          isOnly={attempts.length === 1}
        />
      ))}
      {steps.length > 0 && <Steps of={name} steps={steps} scale={scale} end={end} />}
    </li>
  );
}

function Steps({ of, steps, scale, end }: Drawn & { of: string; steps: readonly Step[] }) {
  const { shown, folded } = foldSteps(steps);
  const list = (some: readonly Step[], name: string) => (
    <ol class="steps" aria-label={name}>
      {some.map((step) => (
        <StepRow key={step.key} step={step} scale={scale} end={end} />
      ))}
    </ol>
  );
  return (
    <>
      {folded.length > 0 && (
        <details class="folded">
          <summary>{folded.length} completed steps</summary>
          {list(folded, `Completed steps of ${of}`)}
        </details>
      )}
      {list(shown, `Steps of ${of}`)}
    </>
  );
}

/** What is to be said of an attempt that did not complete its phase. */
function AttemptLine({ attempt, next, isOnly }: { attempt: Attempt; next: Attempt | undefined; isOnly: boolean }) {
  const { number, outcome, failure, nextAttemptAt, to } = attempt;
  const follows = next?.from ?? nextAttemptAt;
  const then =
    follows !== null && follows !== undefined && to !== null
      ? `, ${next?.isResumed ? "resumed" : "tried again"} ${formatDuration(follows - to)} later`
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
  if (outcome === "waiting")
    return <p class="attempt">{`${name}${reasonWords(attempt.waitsFor ?? "waiting")}.`}</p>;
  return null;
}

function StepRow({ step: { label, runs }, scale, end }: Drawn & { step: Step }) {
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

const isPaid = ({ runs }: Step): boolean => runs.some(({ outcome }) => outcome === "completed");

const timeOf = (runs: readonly Run[], end: number): number =>
  runs.reduce((sum, { from, to }) => sum + (to ?? end) - from, 0);

/** What a phase cost by the steps that it finished. */
export const costOfPhase = ({ steps }: Phase): string | null => sumCosts(steps.map(costOf));

/** What a step cost when it was paid for: a run that reuses what is there costs nothing more. */
const costOf = ({ runs }: { runs: readonly StepRun[] }): string | null => {
  const paid = runs.filter(({ outcome, isReused }) => outcome === "completed" && !isReused).at(-1);
  return paid ? paid.cost : "0";
};
