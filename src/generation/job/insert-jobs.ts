import { getTableColumns } from "drizzle-orm";
import { statement } from "../../db/commit/statement.ts";
import { generationJobs } from "../../db/schema/index.ts";
import { storableJson } from "../../storable.ts";
import { writeEvents } from "../history/append-events.ts";
import type { JobRow } from "./job.ts";
import { type JobTransaction, selectedJob } from "./locked-jobs.ts";

// What says of a job that another one has spawned it.
const spawned = ["parentId", "parentPhase", "spawn", "spawnPlace"] as const satisfies (keyof JobRow)[];

// What a submission says of its job. All else has its default.
const given = [
  "id",
  "type",
  "tenant",
  "requestData",
  "inputVersion",
  "phase",
  "currentStep",
  "priority",
  "rank",
  "maxAttempts",
  "requestedMaxAttempts",
  "maxCostUsd",
  "tags",
  "topicId",
  "articleId",
  "batchId",
  "supersedes",
  "forkedFrom",
  "scheduleId",
  "queueJobId",
  "nextAttemptAt",
  "startAfter",
  "startBefore",
  "webhookUrl",
  "waitingFor",
  "idempotencyKey",
  "requestHash",
  ...spawned,
] as const satisfies (keyof JobRow)[];

export type Spawned = Pick<JobRow, (typeof spawned)[number]>;
export type NewJob = Omit<Pick<JobRow, (typeof given)[number]>, keyof Spawned> & Partial<Spawned>;

/**
 * Adds jobs, each with its first event. The answers are in the order of the jobs; null for one whose idempotency key is
 * taken.
 */
export async function insertJobs(
  { query, notice, landed }: JobTransaction,
  jobs: readonly NewJob[],
): Promise<(JobRow | null)[]> {
  const rows = await query<JobRow>(insert, [storableJson(jobs)]);
  const inserted = new Map(rows.map((row) => [row.id, row]));
  for (const job of rows) landed.push({ transition: "submit", before: null, job, at: job.createdAt });
  const events = [{ type: "submitted" as const, data: {} }];
  await writeEvents(
    query,
    notice,
    rows.map(({ id }) => ({ jobId: id, last: 1, events })),
  );
  return jobs.map((job) => {
    const row = inserted.get(job.id);
    return row ? { ...row, requestData: job.requestData, resultData: null } : null;
  });
}

const columns = getTableColumns(generationJobs);

const insert = statement(`
  insert into generation_jobs (event_count, ${given.map((name) => `"${columns[name].name}"`).join(", ")})
  select 1, ${given.map((name) => `"${name}"`).join(", ")}
  from json_to_recordset($1::json) as new (${given.map((name) => `"${name}" ${columns[name].getSQLType()}`).join(", ")})
  -- Two transactions with the same keys take them in the same order.
  order by "idempotencyKey"
  on conflict (tenant, idempotency_key) where idempotency_key is not null do nothing
  returning ${selectedJob}`);
