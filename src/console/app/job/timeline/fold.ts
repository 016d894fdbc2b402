import type { Step } from "../story.ts";

// So many lines are taken in at a glance. A few more are not worth a click.
const most = 12;
const worthIt = 4;

/** Of many steps those that matter, in their order: what is not completed, and of the rest the latest ones. `folded`: the others. */
export function foldSteps(steps: readonly Step[]): { shown: Step[]; folded: Step[] } {
  if (steps.length < most + worthIt) return { shown: [...steps], folded: [] };
  const isOpen = ({ runs }: Step): boolean => runs.at(-1)?.outcome !== "completed";
  const room = Math.max(0, most - steps.filter(isOpen).length);
  const latest = new Set(room === 0 ? [] : steps.filter((step) => !isOpen(step)).slice(-room));
  const shown = steps.filter((step) => isOpen(step) || latest.has(step));
  return { shown, folded: steps.filter((step) => !shown.includes(step)) };
}
