import type { Event } from "galley/client";

export type Failure = {
  code: string;
  message: string;
  detail: string | null;
  retryable: boolean;
  phase: string;
  attempt: number;
  providerRequestId: string | null;
};

/** How a run of a phase or a step ended. `stopped`: with the attempt that it belonged to. */
export type Outcome = "running" | "completed" | "failed" | "cancelled" | "waiting" | "stopped";

/** Moments are milliseconds. `to` null: it still runs. */
type Run = { from: number; to: number | null; outcome: Outcome };

/** `waitsFor`: what it ended to wait for. `isResumed`: a person had the job go on with it. */
export type Attempt = Run & {
  number: number;
  isResumed: boolean;
  failure: Failure | null;
  waitsFor: string | null;
  nextAttemptAt: number | null;
};

/** `cost`: USD, null where a price is not known. `isReused`: it was paid for in an earlier run. */
export type StepRun = Run & { isReused: boolean; model: string | null; cost: string | null; text: string };

export type Step = { key: string; label: string; runs: StepRun[] };

export type Phase = { name: string; attempts: Attempt[]; steps: Step[] };

/** What a job's events tell, in the order of its phases. */
export type Story = { phases: Phase[] };

// What `data` holds depends on the event's type; src/http/README.md lists it.
type Told = {
  phase: string;
  attempt: number;
  step: string;
  label: string;
  delta: string;
  reused: boolean;
  model: string | null;
  cost: string | null;
  error: Failure;
  nextAttemptAt: string | null;
  inPlace: boolean;
  why: string;
};

/** Puts a job's events together: each phase with its attempts, and its steps with their runs. */
export function storyOf(events: readonly Event[]): Story {
  const phases = new Map<string, Phase>();
  const phaseOf = (name: string): Phase => entryOf(phases, name, { name, attempts: [], steps: [] });

  const close = (phase: Phase, at: number, outcome: Outcome, more: Partial<Attempt> = {}) => {
    const attempt = phase.attempts.at(-1);
    if (attempt?.to === null) Object.assign(attempt, { to: at, outcome, ...more });
    const open = phase.steps.flatMap(({ runs }) => runs.filter(({ to }) => to === null));
    // Of several that ran at once none can be blamed.
    const isBlamed = outcome === "failed" && open.length === 1;
    for (const run of open) Object.assign(run, { to: at, outcome: isBlamed ? "failed" : "stopped" });
  };
  const closeAll = (at: number, outcome: Outcome, more: Partial<Attempt> = {}) => {
    for (const phase of phases.values()) close(phase, at, outcome, more);
  };

  let isResumed = false;
  for (const { type, at: time, data } of events) {
    const at = Date.parse(time);
    const told = data as Told;
    switch (type) {
      case "phase_started": {
        // The one before was lost with its worker, which could not say so.
        closeAll(at, "stopped");
        const run = { from: at, to: null, outcome: "running" } as const;
        const nothing = { failure: null, waitsFor: null, nextAttemptAt: null };
        phaseOf(told.phase).attempts.push({ ...run, ...nothing, number: told.attempt, isResumed });
        isResumed = false;
        break;
      }
      case "step_started": {
        const runs = stepOf(phaseOf(told.phase), told).runs;
        const last = runs.at(-1);
        if (last?.to === null) Object.assign(last, { to: at, outcome: "stopped" });
        runs.push({ from: at, to: null, outcome: "running", isReused: false, model: null, cost: null, text: "" });
        break;
      }
      case "text": {
        const run = stepOf(phaseOf(told.phase), told).runs.at(-1);
        if (run) run.text += told.delta;
        break;
      }
      case "step_finished": {
        const { runs } = stepOf(phaseOf(told.phase), told);
        const { model, cost, reused: isReused } = told;
        const end = { to: at, outcome: "completed", isReused, model, cost } as const;
        const last = runs.at(-1);
        if (last?.to === null) Object.assign(last, end);
        else runs.push({ from: at, text: "", ...end });
        break;
      }
      case "attempt_failed": {
        const nextAttemptAt = told.nextAttemptAt === null ? null : Date.parse(told.nextAttemptAt);
        close(phaseOf(told.phase), at, "failed", { failure: told.error, nextAttemptAt });
        break;
      }
      case "phase_completed":
        close(phaseOf(told.phase), at, "completed");
        break;
      case "waiting":
        if (!told.inPlace) closeAll(at, "waiting", { waitsFor: told.why });
        break;
      case "failed": {
        const phase = phases.get(told.error?.phase);
        if (phase) close(phase, at, "failed", { failure: told.error });
        closeAll(at, "stopped");
        break;
      }
      case "cancelled":
        closeAll(at, "cancelled");
        break;
      case "resumed":
        isResumed = true;
        break;
    }
  }
  return { phases: [...phases.values()] };
}

function stepOf(phase: Phase, { step: key, label }: Told): Step {
  const known = phase.steps.find((step) => step.key === key);
  if (known) return known;
  const step: Step = { key, label: label ?? key, runs: [] };
  phase.steps.push(step);
  return step;
}

function entryOf<T>(map: Map<string, T>, name: string, otherwise: T): T {
  const found = map.get(name) ?? otherwise;
  map.set(name, found);
  return found;
}
