import { and, eq } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import { type Query, statement } from "../../../db/commit/statement.ts";
import { generationSteps } from "../../../db/schema/index.ts";
import { storableJson } from "../../../storable.ts";

/** A step's output and what it belongs to: `inputHash` is the hash of the step's input. */
export type StepId = { jobId: string; phase: string; key: string; inputHash: string };

/** What is kept of a step: its output, and the attempt that gave it, by number. */
export type KeptStep = StepId & { output: unknown; attempt: number };

/** The step that is under way has been finished meanwhile, by an attempt that was wrongly taken for dead. */
export class StepKept extends Error {
  override readonly name = "StepKept";
  readonly output: unknown;

  constructor({ output }: KeptStep) {
    super("The output of this step is kept.");
    this.output = output;
  }
}

export async function readKeptSteps(db: Db, jobId: string, phase: string) {
  return await db
    .select()
    .from(generationSteps)
    .where(and(eq(generationSteps.jobId, jobId), eq(generationSteps.phase, phase)));
}

/** Those of these steps that are kept, by `nameOf`. Under the lock on their jobs none is added meanwhile. */
export async function findKept(query: Query, steps: readonly StepId[]): Promise<Map<string, KeptStep>> {
  if (steps.length === 0) return new Map();
  const kept = await query<KeptStep>(select, [storableJson(steps)]);
  return new Map(kept.map((step) => [nameOf(step), step]));
}

export const nameOf = ({ jobId, phase, key, inputHash }: StepId): string => `${jobId} ${phase} ${inputHash} ${key}`;

const select = statement(`
  select job_id as "jobId", phase, key, input_hash as "inputHash", output, attempt
  from generation_steps
  where (job_id, phase, key, input_hash) in (
    select "jobId", phase, key, "inputHash"
    from json_to_recordset($1::json) as wanted ("jobId" text, phase text, key text, "inputHash" text)
  )`);
