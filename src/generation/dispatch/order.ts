import type { Catalogue } from "../job/catalogue.ts";

/** A queue with something due: its best priority, and since when the best waits. */
export type DueQueue = { queue: string; priority: number; since: Date };

/** Types whose best has the same priority: they share the free slots in turn. */
export type Turn = {
  priority: number;
  /** The queues of each type, the latest phase first, so that what was begun is finished. */
  types: string[][];
};

/**
 * In which order queues are fetched from: higher priority first; of equal priority the types take turns, beginning with
 * the one that has waited longest, so that a type's backlog keeps no other type waiting.
 */
export function turnsOf(due: readonly DueQueue[], catalogue: Catalogue): Turn[] {
  const places = new Map(catalogue.phases.map((phase) => [phase.queue, phase]));
  const known = due.filter(({ queue }) => places.has(queue));
  const priorities = [...new Set(known.map(({ priority }) => priority))].sort((a, b) => b - a);
  return priorities.map((priority) => {
    const byType = Map.groupBy(
      known.filter((one) => one.priority === priority),
      ({ queue }) => places.get(queue)?.type,
    );
    const types = [...byType.values()].toSorted((a, b) => waitsSince(a) - waitsSince(b));
    return {
      priority,
      types: types.map((queues) =>
        queues
          .toSorted((a, b) => (places.get(b.queue)?.position ?? 0) - (places.get(a.queue)?.position ?? 0))
          .map(({ queue }) => queue),
      ),
    };
  });
}

const waitsSince = (queues: readonly DueQueue[]): number => Math.min(...queues.map(({ since }) => +since));
