import type { Phase } from "../story.ts";

/** What a step has written. `isWritten`: it still writes. */
export type Part = { key: string; label: string; text: string; isWritten: boolean };

/** The texts of a job's steps, in the order in which the steps began. One that started over shows its latest text. */
export function writtenIn(phases: readonly Phase[]): Part[] {
  return phases.flatMap(({ name, steps }) =>
    steps.flatMap(({ key, label, runs }) => {
      const run = runs.findLast(({ text, outcome }) => text !== "" || outcome === "running");
      return run && run.text !== ""
        ? [{ key: `${name} ${key}`, label, text: run.text, isWritten: run.outcome === "running" }]
        : [];
    }),
  );
}
