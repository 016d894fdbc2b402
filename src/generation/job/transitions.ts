export type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";

/**
 * The only ways a job's status changes. `guard` says who may do it:
 * `attempt`: the attempt that holds the queue job; `claim`: a newer claim on the same queue job;
 * `queue job`: any caller that names the job's present queue job; `status`: the status alone decides.
 */
export const transitions = {
  start: { from: ["pending", "processing"], to: "processing", guard: "claim" },
  advance: { from: ["processing"], to: "processing", guard: "attempt" },
  complete: { from: ["processing"], to: "completed", guard: "attempt" },
  retry: { from: ["processing"], to: "processing", guard: "attempt" },
  wait: { from: ["processing"], to: "processing", guard: "attempt" },
  fail: { from: ["pending", "processing"], to: "failed", guard: "queue job" },
  cancel: { from: ["pending", "processing"], to: "cancelled", guard: "status" },
  resume: { from: ["failed", "cancelled"], to: "processing", toIfNeverStarted: "pending", guard: "status" },
} as const satisfies Record<string, Transition>;

export type Transition = {
  from: readonly Status[];
  to: Status;
  toIfNeverStarted?: Status;
  guard: "attempt" | "claim" | "queue job" | "status";
};

export type TransitionName = keyof typeof transitions;

export const finished = ["completed", "failed", "cancelled"] as const satisfies Status[];

export function isFinished(status: Status): boolean {
  return finished.some((one) => one === status);
}
