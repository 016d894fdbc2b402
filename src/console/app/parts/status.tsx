import type { Job } from "galley/client";

export const statusWords: Record<Job["status"], string> = {
  pending: "Waiting",
  processing: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Whether nothing happens to the job any more, unless it is resumed. */
export const isFinished = ({ status }: Pick<Job, "status">): boolean =>
  status === "completed" || status === "failed" || status === "cancelled";

type StatusProps = { status: Job["status"]; waitingFor?: Job["waitingFor"] };

/** A status in a word or two, with a mark that tells it apart without its colour. What waits for a person says so. */
export function Status({ status, waitingFor }: StatusProps) {
  if (waitingFor === "answer")
    return (
      <span class="status asking">
        <Mark state="waiting" />
        Answer needed
      </span>
    );
  return (
    <span class={`status ${status}`}>
      <Mark state={status} />
      {statusWords[status]}
    </span>
  );
}

const marks: Record<string, string> = {
  completed: "M4.5 8.3l2.4 2.4 4.6-5",
  failed: "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2",
  cancelled: "M5 8h6",
};

/** A small round mark for the state of a job, a phase, an attempt or a step. */
export function Mark({ state }: { state: string }) {
  const path = marks[state];
  return (
    <svg class={`mark ${state}`} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="7" class="ring" />
      {path ? <path d={path} class="sign" /> : <circle cx="8" cy="8" r="3" class="core" />}
    </svg>
  );
}
