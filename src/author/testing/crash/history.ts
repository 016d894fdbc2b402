import type { JobEvent } from "../../../generation/history/events.ts";
import { wantsChildren } from "../../../generation/job/job.ts";
import { isFinished, type Status } from "../../../generation/job/transitions.ts";

/** Where a job's history leads to, and what in it cannot have happened. */
export type History = {
  status: Status | null;
  attempts: number;
  violations: string[];
  /** What each step's streamed text came to, by phase and step, once the step was told to be finished. */
  texts: Map<string, string>;
};

type Walk = History & {
  /** How many phases are done. */
  done: number;
  running: boolean;
  /** It waits for jobs that it has spawned: their progress is its own. */
  hasChildren: boolean;
  failed: Set<number>;
};

/**
 * Walks through a job's events, the oldest first, the way that the table of transitions allows. `optional`: the last phase is
 * one that only some jobs have.
 */
export function walkHistory(
  events: readonly JobEvent[],
  phases: readonly string[],
  { optional = false }: { optional?: boolean } = {},
): History {
  const fewest = optional ? phases.length - 1 : phases.length;
  const walk: Walk = {
    status: null,
    attempts: 0,
    violations: [],
    texts: new Map(),
    done: 0,
    running: false,
    hasChildren: false,
    failed: new Set(),
  };
  const streams = new Map<string, string>();
  const finishedSteps = new Set<string>();

  for (const [index, event] of events.entries()) {
    const complain = (what: string) => walk.violations.push(`event ${index + 1} (${event.type}): ${what}`);
    const status = statusAfter(walk, event);
    if (status) walk.status = status;
    else complain(`came when the job was ${walk.status}`);

    const { data } = event;
    if (event.type !== "completed" && "phase" in data && data.phase !== phases[walk.done])
      complain(`phase ${data.phase} out of order`);
    switch (event.type) {
      case "phase_started":
        if (event.data.attempt <= walk.attempts) complain(`attempt ${event.data.attempt} began twice`);
        Object.assign(walk, { attempts: event.data.attempt, running: true });
        break;
      case "attempt_failed":
        if (walk.failed.has(event.data.attempt)) complain(`attempt ${event.data.attempt} failed twice`);
        walk.failed.add(event.data.attempt);
        walk.running = false;
        break;
      case "waiting":
        if (!event.data.inPlace) Object.assign(walk, { attempts: walk.attempts - 1, running: false });
        walk.hasChildren = event.data.why === wantsChildren;
        break;
      case "phase_completed":
        Object.assign(walk, { done: walk.done + 1, attempts: 0, running: false, failed: new Set() });
        break;
      case "resumed":
        Object.assign(walk, { attempts: 0, failed: new Set() });
        break;
      case "completed":
        if (walk.done < fewest) complain(`after ${walk.done} of ${phases.length} phases`);
        break;
      case "step_started":
        streams.delete(idOf(event.data));
        break;
      case "text":
        streams.set(idOf(event.data), (streams.get(idOf(event.data)) ?? "") + event.data.delta);
        break;
      case "step_finished": {
        if (event.data.reused) break;
        const id = idOf(event.data);
        if (finishedSteps.has(id)) complain(`step ${event.data.step} finished twice`);
        finishedSteps.add(id);
        const text = streams.get(id);
        if (text !== undefined) walk.texts.set(id, text);
      }
    }
  }
  return walk;
}

const idOf = ({ phase, step }: { phase: string; step: string }) => `${phase} ${step}`;

/** Null for what may not happen in this state. */
function statusAfter({ status, running, hasChildren }: Walk, { type }: JobEvent): Status | null {
  if (type === "submitted") return status === null ? "pending" : null;
  if (status === null) return null;
  if (type === "resumed") return status === "failed" || status === "cancelled" ? "processing" : null;
  if (isFinished(status)) return null;
  if (type === "failed" || type === "cancelled" || type === "completed") return type;
  if (type === "phase_started") return "processing";
  // An attempt can be lost before it began.
  if (type === "attempt_failed") return status;
  // A person answers at any time.
  if (type === "answered" || (type === "progress" && hasChildren)) return status;
  return running ? status : null;
}
