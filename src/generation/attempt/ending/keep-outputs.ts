import { statement } from "../../../db/commit/statement.ts";
import type { Transaction } from "../../../db/commit/transact.ts";
import { rowsWithJson } from "../../../storable.ts";
import type { FinishedEnding } from "./ending.ts";

/** Keeps what phases gave: the input of those that follow. */
export async function keepOutputs({ query }: Transaction, endings: readonly FinishedEnding[]): Promise<void> {
  if (endings.length === 0) return;
  const rows = endings.map(({ attempt, output, seconds }) => ({
    row: {
      jobId: attempt.row.id,
      phase: attempt.phase.name,
      version: attempt.phase.definition.version ?? 1,
      attempts: attempt.row.attempts,
      seconds,
    },
    json: output.json,
  }));
  await query(upsert, [rowsWithJson("output", rows)]);
}

const upsert = statement(`
  insert into generation_phases (job_id, phase, output, version, attempts, seconds)
  select "jobId", phase, output, version, attempts, seconds
  from json_to_recordset($1::json) as new (
    "jobId" text, phase text, output jsonb, version integer, attempts integer, seconds double precision
  )
  on conflict (job_id, phase) do update
  set output = excluded.output, version = excluded.version, attempts = excluded.attempts, seconds = excluded.seconds`);
