/** How long jobs of a type take from their start to completion, and how far apart they complete: medians, in seconds. */
export type TypicalTime = { seconds: number; betweenSeconds: number };

/** The seconds that a job at a percentage still takes, if it goes as most of its type do. Null without their history. */
export const timeLeft = (typical: TypicalTime | null, percentage: number): number | null =>
  typical && Math.ceil((typical.seconds * (100 - percentage)) / 100);

/** As `timeLeft`, of a job that waits at a place in the queue: 1 for the next one. Null if it has no place. */
export function timeLeftAt(typical: TypicalTime | null, place: number | null): number | null {
  if (!typical || place === null) return null;
  // Jobs that came one at a time lie far apart, but none of them waited for longer than for the one before it.
  const each = Math.min(typical.betweenSeconds, typical.seconds);
  return Math.ceil((place - 1) * each + typical.seconds);
}
