import type { Catalogue } from "../job/catalogue.ts";
import { level } from "../queue/turns/turns.ts";

/** A queue with something due: the rank and priority of what is next there, and for how long it has waited. */
export type DueQueue = { queue: string; rank: number; priority: number; waitedSeconds: number };

/** A queue to fetch from. `minRank`: what ranks lower lets the next round go first. */
export type Source = { queue: string; minRank: number | undefined };

/** Types whose next job has the same priority: they share the free slots. The latest phase of each comes first. */
export type Round = Source[][];

const secondsForOnePriority = 60;

/**
 * In which order queues are fetched from: higher priority first; of equal priority the types share, beginning with the
 * one that has waited longest, so that a type's backlog keeps no other type waiting. What waits gains a priority each
 * minute, until it shares with the highest: no type waits for ever.
 */
export function roundsOf(due: readonly DueQueue[], catalogue: Catalogue): Round[] {
  const places = new Map(catalogue.phases.map((phase) => [phase.queue, phase]));
  const ours = due.filter(({ queue }) => places.has(queue));
  const highest = Math.max(...ours.map(({ priority }) => priority));
  const known = ours.map((one) => ({ ...one, priority: Math.min(highest, one.priority + gained(one)) }));
  const priorities = [...new Set(known.map(({ priority }) => priority))].sort((a, b) => b - a);
  return priorities.map((priority, index) => {
    const sharing = known.filter((one) => one.priority === priority);
    const next = priorities[index + 1];
    // Others that share have a part of their own; one alone goes on until the next round's best would go first.
    const gap = sharing.length > 1 ? 1 : next === undefined ? undefined : priority - next;
    const byType = Map.groupBy(sharing, ({ queue }) => places.get(queue)?.type);
    return [...byType.values()]
      .toSorted((a, b) => longestWait(b) - longestWait(a))
      .map((queues) =>
        queues
          .toSorted((a, b) => (places.get(b.queue)?.position ?? 0) - (places.get(a.queue)?.position ?? 0))
          .map(({ queue, rank }) => ({ queue, minRank: gap === undefined ? undefined : rank - gap * level + 1 })),
      );
  });
}

const gained = ({ waitedSeconds }: DueQueue): number =>
  Math.max(0, Math.floor(waitedSeconds / secondsForOnePriority));
const longestWait = (queues: readonly DueQueue[]): number =>
  Math.max(...queues.map(({ waitedSeconds }) => waitedSeconds));
