import type { Catalogue } from "../job/catalogue.ts";

export type DueQueue = { queue: string; priority: number };

/** Which queue is fetched from first: higher priority, then later phases, so that what was begun is finished. */
export function inOrder(due: readonly DueQueue[], catalogue: Catalogue): DueQueue[] {
  const positions = new Map(catalogue.phases.map(({ queue, position }) => [queue, position]));
  const positionOf = ({ queue }: DueQueue) => positions.get(queue) ?? Number.POSITIVE_INFINITY;
  return due.toSorted((a, b) => b.priority - a.priority || positionOf(b) - positionOf(a));
}
