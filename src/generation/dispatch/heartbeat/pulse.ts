/** A claim whose worker says that it is alive. Times in milliseconds of the thread's `performance.now()`. */
export type HeldClaim = {
  queue: string;
  phase: string;
  jobId: string;
  queueJobId: string;
  claim: number;
  /** When the phase's time is over. */
  until: number;
};

/** Shorter stops of the event loop are ordinary: a large JSON, a garbage collection. */
export const blockedAfterMilliseconds = 3_000;

/**
 * Whether a beat renews the claim. A blocked event loop cannot end an attempt at its time limit, so past the limit its
 * claim is not renewed. `silent`: for how long the event loop has not moved.
 */
export const speaksFor = ({ until }: Pick<HeldClaim, "until">, now: number, silent: number): boolean =>
  now < until || silent < blockedAfterMilliseconds;
