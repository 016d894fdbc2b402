import { Counter, Histogram, Registry } from "prom-client";
import { type Landed, secondsOfPhase, secondsWaited } from "../generation/job/landed.ts";
import type { Usage } from "../model/port/port.ts";

/** A call to a model that has ended. `cost`: USD; null if its price is not known. */
export type MeasuredCall = {
  provider: string;
  model: string;
  state: "succeeded" | "failed" | "cancelled";
  seconds: number;
  usage: Usage;
  cost: string | null;
};

/** What this process has done since it started. */
export type Metrics = {
  registry: Registry;
  /** Transitions that have committed. */
  landed(landed: readonly Landed[]): void;
  called(call: MeasuredCall): void;
  /** Mirror and queue disagreed, and were repaired so. */
  repaired(repair: (typeof repairs)[number]): void;
  /** So many occurrences of a schedule of this type had this outcome. */
  scheduled(type: string, outcome: "submitted" | "missed" | "refused", occurrences: number): void;
  /** An event was sent to a webhook: it arrived, is tried again, or is given up. */
  delivered(outcome: (typeof deliveries)[number]): void;
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
};

const deliveries = ["delivered", "retried", "failed"] as const;
const repairs = ["resent", "failed", "unknownPhase", "cancelled"] as const;

// From a phase that does next to nothing to one that writes for an hour.
const phaseBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];
const waitBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];
const callBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 300];
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/** What the counters that alerts watch can name from the beginning. */
type Known = {
  phases: readonly { type: string; name: string }[];
  models: readonly { provider: string; model: string }[];
};

export function createMetrics({ phases: knownPhases, models: knownModels }: Known): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const transitions = new Counter({
    name: "galley_transitions_total",
    help: "Transitions of jobs that committed, by the phase in which they happened; submit counts jobs",
    labelNames: ["type", "phase", "transition"],
    registers,
  });
  const failures = new Counter({
    name: "galley_attempt_failures_total",
    help: "Attempts that ended without a result, by error code; outcome says whether the job goes on (retry, wait) or fails",
    labelNames: ["type", "phase", "code", "outcome"],
    registers,
  });
  const phases = new Histogram({
    name: "galley_phase_duration_seconds",
    help: "From the start of an attempt to its end, by how it ended",
    labelNames: ["type", "phase", "outcome"],
    buckets: phaseBuckets,
    registers,
  });
  const waits = new Histogram({
    name: "galley_queue_wait_seconds",
    help: "From when a phase was due to the start of its attempt",
    labelNames: ["type", "phase"],
    buckets: waitBuckets,
    registers,
  });
  const calls = new Histogram({
    name: "galley_model_call_duration_seconds",
    help: "Calls to models, from the request to the end of the answer",
    labelNames: ["provider", "model", "state"],
    buckets: callBuckets,
    registers,
  });
  const tokens = new Counter({
    name: "galley_model_tokens_total",
    help: "Tokens of calls to models; kind is input, cached_input (a part of input) or output",
    labelNames: ["provider", "model", "kind"],
    registers,
  });
  const cost = new Counter({
    name: "galley_model_cost_usd_total",
    help: "What calls to models have cost, where the price is known",
    labelNames: ["provider", "model"],
    registers,
  });
  const unpriced = new Counter({
    name: "galley_model_calls_without_price_total",
    help: "Calls to models whose cost is not known",
    labelNames: ["provider", "model"],
    registers,
  });
  const drift = new Counter({
    name: "galley_drift_repairs_total",
    help: "Disagreements between mirror and queue that were repaired",
    labelNames: ["repair"],
    registers,
  });
  const occurrences = new Counter({
    name: "galley_schedule_occurrences_total",
    help: "Occurrences of schedules, by outcome: submitted, missed or refused",
    labelNames: ["type", "outcome"],
    registers,
  });
  const sent = new Counter({
    name: "galley_webhook_deliveries_total",
    help: "Tries to deliver an event to a webhook, by outcome: delivered, retried (it is tried again) or failed (no more)",
    labelNames: ["outcome"],
    registers,
  });
  const requests = new Histogram({
    name: "galley_http_request_duration_seconds",
    help: "Requests, to the end of the answer; streams of events and long polls are left out",
    labelNames: ["method", "route", "status"],
    buckets: requestBuckets,
    registers,
  });

  // Prometheus's increase() counts from the first value that it reads. A counter that first appears at 1 has none, and no
  // alert would fire for the first event.
  for (const repair of repairs) drift.inc({ repair }, 0);
  for (const outcome of deliveries) sent.inc({ outcome }, 0);
  for (const { type, name: phase } of knownPhases) {
    for (const transition of ["complete", "fail"]) transitions.inc({ type, phase, transition }, 0);
    for (const outcome of ["submitted", "missed", "refused"]) occurrences.inc({ type, outcome }, 0);
  }
  for (const { provider, model } of knownModels) unpriced.inc({ provider, model }, 0);

  return {
    registry,
    landed(landed) {
      for (const one of landed) {
        const { transition, before, job } = one;
        const phase = transition === "start" ? job.phase : (before ?? job).phase;
        const labels = { type: job.type, phase };
        transitions.inc({ ...labels, transition });
        if (transition === "retry" || transition === "wait" || transition === "fail")
          failures.inc({
            ...labels,
            code: transition === "wait" ? "wait" : (job.errorCode ?? "unknown"),
            outcome: transition,
          });
        const seconds = secondsOfPhase(one);
        if (seconds !== null) phases.observe({ ...labels, outcome: transition }, seconds);
        const waited = secondsWaited(one);
        if (waited !== null) waits.observe(labels, waited);
      }
    },
    called({ provider, model, state, seconds, usage, cost: usd }) {
      const labels = { provider, model };
      calls.observe({ ...labels, state }, seconds);
      tokens.inc({ ...labels, kind: "input" }, usage.input);
      tokens.inc({ ...labels, kind: "cached_input" }, usage.cachedInput);
      tokens.inc({ ...labels, kind: "output" }, usage.output);
      if (usd === null) unpriced.inc(labels);
      else cost.inc(labels, Number(usd));
    },
    delivered: (outcome) => sent.inc({ outcome }),
    repaired: (repair) => drift.inc({ repair }),
    scheduled: (type, outcome, count) => occurrences.inc({ type, outcome }, count),
    answered: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
  };
}
