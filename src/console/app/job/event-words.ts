import type { Event } from "galley/client";
import { asWords, formatClock, formatCost, formatDuration } from "../parts/format.ts";
import type { Failure } from "./story.ts";

// What `data` holds depends on the event's type; src/http/README.md lists it.
type Told = {
  phase: string;
  attempt: number;
  label: string;
  currentStep: string;
  percentage: number;
  reused: boolean;
  cost: string | null;
  error: Failure;
  nextAttemptAt: string | null;
  until: string | null;
  why: string;
  name: string;
  seconds: number;
  reason?: string;
  from: number;
  to: number;
};

/** An event in a sentence. */
export function wordsOf({ type, data }: Event): string {
  const told = data as Told;
  const phase = told.phase === undefined ? "" : asWords(told.phase);
  switch (type) {
    case "submitted":
      return "Submitted";
    case "phase_started":
      return told.attempt > 1 ? `${phase}: attempt ${told.attempt} began` : `${phase} began`;
    case "progress":
      return `${told.percentage} %: ${told.currentStep}`;
    case "step_started":
      return `Began: ${told.label}`;
    case "text":
      return "A piece of text";
    case "step_finished":
      return told.reused ? `Kept: ${told.label}` : `Done: ${told.label}, ${formatCost(told.cost)}`;
    case "attempt_failed":
      return `${phase}: attempt ${told.attempt} failed. ${told.error.message}`;
    case "waiting":
      if (told.until === null) return "Waits for the jobs that it has spawned";
      return `Waits until ${formatClock(Date.parse(told.until))}: ${asWords(told.why).toLowerCase()}`;
    case "answered":
      return `The answer was given: ${asWords(told.name).toLowerCase()}`;
    case "phase_completed":
      return `${phase} completed in ${formatDuration(told.seconds * 1000)}`;
    case "completed":
      return "Completed";
    case "failed":
      return `Failed. ${told.error.message}`;
    case "cancelled":
      return told.reason === "topic_deleted" ? "Cancelled, since its topic was deleted" : "Cancelled";
    case "resumed":
      return "Resumed";
    case "snapshot":
      return `Events ${told.from} to ${told.to} are no longer kept`;
  }
}
