/**
 * How pg-boss finds out that a worker is dead, up to 30 s later. Most often `upkeep/dead-workers.ts` has found it out
 * before, by its free lock. A worker says every `touchEverySeconds` that its attempts are alive. When pg-boss has heard nothing of an attempt for
 * `deadAfterSeconds`, it counts the worker as dead and lets the phase run elsewhere.
 */

// pg-boss's smallest heartbeat.
export const deadAfterSeconds = 10;
// Three chances before the worker counts as dead.
export const touchEverySeconds = deadAfterSeconds / 3;
/** How often pg-boss looks for missed heartbeats and expired attempts. */
export const superviseIntervalSeconds = 15;
/** pg-boss ends an attempt so long after the attempt's own time limit, for a worker that cannot keep it. */
export const expiryMarginSeconds = 30;
