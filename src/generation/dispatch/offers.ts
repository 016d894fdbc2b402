import type { Slots } from "./slots.ts";

/** Due queue jobs that this process has promised to take, so that no other one need hear of them. */
export type Offers = {
  /** Takes what there are free slots for of so much due in these queues. Returns the rest. */
  accept(due: Record<string, number>): Record<string, number>;
  /** Forgets what was promised: a look at the queues begins, which finds it among what is due. */
  reset(): void;
};

export function createOffers(slots: Pick<Slots, "working">, concurrency: number): Offers {
  let promised = 0;
  return {
    accept(due) {
      const left: Record<string, number> = {};
      for (const [name, count] of Object.entries(due)) {
        const taken = Math.max(0, Math.min(count, concurrency - slots.working() - promised));
        promised += taken;
        if (count > taken) left[name] = count - taken;
      }
      return left;
    },
    reset() {
      promised = 0;
    },
  };
}
