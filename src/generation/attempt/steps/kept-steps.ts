import { and, eq } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import { type Query, statement } from "../../../db/commit/statement.ts";
import { generationSteps } from "../../../db/schema/index.ts";
import { storableJson } from "../../../storable.ts";

/** A step's output and what it belongs to: `inputHash` is the hash of the step's input. */
export type StepId = { jobId: string; phase: string; key: string; inputHash: string };

/** The output of the step that is under way has been kept meanwhile: the attempt before was not dead, and finished it. */
export class StepKept extends Error {
  override readonly name = "StepKept";
}

export async function readKeptSteps(db: Db, jobId: string, phase: string) {
  return await db
    .select()
    .from(generationSteps)
    .where(and(eq(generationSteps.jobId, jobId), eq(generationSteps.phase, phase)));
}

/** Which of these steps have their output, by `nameOf`. Under the lock on their jobs none is added meanwhile. */
export async function findKept(query: Query, steps: readonly StepId[]): Promise<Set<string>> {
  return new Set((await query<StepId>(select, [storableJson(steps)])).map(nameOf));
}

export const nameOf = ({ jobId, phase, key, inputHash }: StepId): string => `${jobId} ${phase} ${inputHash} ${key}`;

const select = statement(`
  select job_id as "jobId", phase, key, input_hash as "inputHash" from generation_steps
  where (job_id, phase, key, input_hash) in (
    select "jobId", phase, key, "inputHash"
    from json_to_recordset($1::json) as wanted ("jobId" text, phase text, key text, "inputHash" text)
  )`);
