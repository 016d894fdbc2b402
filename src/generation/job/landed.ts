import type { Db } from "../../db/client.ts";
import type { Job } from "./job.ts";
import type { TransitionName } from "./transitions.ts";

/** A transition whose transaction has committed. `before`: null for a job that was submitted. */
export type Landed = { at: Date } & (
  | { transition: "submit"; before: null; job: Job }
  | { transition: TransitionName; before: Job; job: Job }
);

type Observer = (landed: readonly Landed[]) => void;

const observers = new WeakMap<object, Observer>();

/** Shows `observer` every transition of this process after its commit, whichever component has made it. */
export const observeTransitions = (db: Db, observer: Observer): void => void observers.set(db.$client, observer);

export function showLanded(db: Db, landed: readonly Landed[]): void {
  if (landed.length > 0) observers.get(db.$client)?.(landed);
}

/** For how long the phase has run that a transition ended. Null where none was running. */
export const secondsOfPhase = ({ transition, before, at }: Landed): number | null =>
  before?.phaseStartedAt && before.claim !== null && before.nextAttemptAt === null && transition !== "start"
    ? secondsBetween(before.phaseStartedAt, at)
    : null;

/** For how long a phase that starts has waited since it was due. */
export function secondsWaited({ transition, before, at }: Landed): number | null {
  if (transition !== "start" || !before) return null;
  const { lastUpdated, nextAttemptAt } = before;
  return secondsBetween(nextAttemptAt && nextAttemptAt > lastUpdated ? nextAttemptAt : lastUpdated, at);
}

const secondsBetween = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime()) / 1000;
