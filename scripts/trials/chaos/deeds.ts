import type { Random } from "./random.ts";

export type Deed = "kills" | "terms" | "restarts";

/** How many deeds it takes until each kind was done. */
export const roundOfDeeds = 3;

/** One deed after another: the first three are one of each kind, in any order, so that no run leaves one out. */
export function* planDeeds(random: Random): Generator<Deed, never> {
  const kinds: Deed[] = ["kills", "terms", "restarts"];
  while (kinds.length > 0) yield* kinds.splice(Math.floor(random.next() * kinds.length), 1);
  for (;;) {
    const dice = random.next();
    yield dice < 0.15 ? "restarts" : dice < 0.6 ? "kills" : "terms";
  }
}
