import { and, eq } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import { type Query, statement } from "../../../db/commit/statement.ts";
import { generationSteps } from "../../../db/schema/index.ts";

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

/** Whether a step's output is kept. Under the lock on its job, none can be added until the transaction is over. */
export async function isKept(query: Query, { jobId, phase, key, inputHash }: StepId): Promise<boolean> {
  return (await query(select, [jobId, phase, key, inputHash])).length > 0;
}

const select = statement(`
  select true from generation_steps where job_id = $1 and phase = $2 and key = $3 and input_hash = $4`);
