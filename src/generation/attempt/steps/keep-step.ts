import type { Db } from "../../../db/client.ts";
import { type Query, statement } from "../../../db/commit/statement.ts";
import { readStepCosts } from "../../../money/ledger.ts";
import { rowsWithJson } from "../../../storable.ts";
import type { JobEvent, StepCost } from "../../history/events.ts";
import type { AttemptId } from "../../job/job.ts";
import { createJobGroup } from "../../job/job-group.ts";
import { presentJob } from "../../job/locked-jobs.ts";
import { writeForAttempt } from "../../job/store.ts";
import { findKept, type KeptStep, nameOf, type StepId } from "./kept-steps.ts";

/** A step's output to keep. `events`: what is written to the history when it is kept for the first time, or found under another attempt. */
export type StepToKeep = {
  attempt: AttemptId;
  step: StepId;
  /** The output as JSON. */
  json: string;
  /** The number of the attempt, as it counts for consumers. */
  number: number;
  events: (reused: boolean, cost: StepCost) => JobEvent[];
};

/** `output`: the first one for this input, as JSON gives it back. `landed`: whether the attempt still holds its job. */
export type Keeping = { output: unknown; landed: boolean };

export type KeepStep = (step: StepToKeep) => Promise<Keeping>;

export function createKeepStep(db: Db): KeepStep {
  return createJobGroup<StepToKeep, Keeping>(
    db,
    { jobIdOf: ({ step }) => step.jobId, bytesOf: ({ json }) => json.length },
    async (transaction, steps) => {
      // Kept even when the attempt is lost: it was paid for, and its hash says what it belongs to. Retention removes a
      // job with its steps.
      const kept = await keep(
        transaction.query,
        steps.filter(({ step }) => presentJob(transaction, step.jobId)),
      );
      const costs = await readStepCosts(
        transaction.query,
        steps.map(({ step }) => ({ jobId: step.jobId, phase: step.phase, step: step.key })),
      );
      return steps.map(({ attempt, step, json, number, events }, index) => {
        const found = kept.get(nameOf(step));
        // Found again under its own attempt, its event was written already: only the answer to that commit was lost.
        const isWritten = found?.attempt === number;
        const unwritten = isWritten ? [] : events(found !== undefined, costs[index] as StepCost);
        const landed = writeForAttempt(transaction, attempt, {}, unwritten) !== null;
        return { output: found ? found.output : JSON.parse(json), landed };
      });
    },
  );
}

/** Writes those that are not there yet, and returns the others. */
async function keep(query: Query, steps: readonly StepToKeep[]): Promise<Map<string, KeptStep>> {
  if (steps.length === 0) return new Map();
  const rows = steps.map(({ step, json, number }) => ({ row: { ...step, attempt: number }, json }));
  const written = await query<StepId>(insert, [rowsWithJson("output", rows)]);
  const isNew = new Set(written.map(nameOf));
  const earlier = steps.filter(({ step }) => !isNew.has(nameOf(step)));
  return await findKept(
    query,
    earlier.map(({ step }) => step),
  );
}

const insert = statement(`
  insert into generation_steps (job_id, phase, key, input_hash, output, attempt)
  select "jobId", phase, key, "inputHash", output, attempt
  from json_to_recordset($1::json) as new (
    "jobId" text, phase text, key text, "inputHash" text, output jsonb, attempt integer
  )
  on conflict do nothing
  returning job_id as "jobId", phase, key, input_hash as "inputHash"`);
