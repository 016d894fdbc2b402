import { isDatabaseUnavailable } from "../../../db/availability.ts";
import type { Db } from "../../../db/client.ts";
import { createGroup } from "../../../db/commit/group.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { type Query, queryWith, statement } from "../../../db/commit/statement.ts";
import { storableJson } from "../../../storable.ts";
import type { Given, RunningAttempt } from "../running-attempt.ts";
import { nothingBefore, type Stored } from "./stored-input.ts";

export type ReadInput = (attempt: RunningAttempt) => Promise<Given>;

/** What a phase of a job begins with. `before`: the phase before it, null for the first. */
type Wanted = { id: string; phase: string; before: string | null };

/** `writtenAt` is null for what is not there. */
type Found = Omit<Given, "writtenAt"> & { writtenAt: string | null };

/** Reads the job's own input for the first phase, and the output of the phase before for every other. */
export function createReadInput(db: Db): ReadInput {
  const query = queryWith(db.$client, db.$client.session);
  const read = createGroup<RunningAttempt, Given>(
    async (attempts) => {
      const wanted = attempts.map(({ row, phase, type }) => ({
        id: row.id,
        phase: phase.name,
        before: type.phases[phase.position - 1]?.name ?? null,
      }));
      const rows = await patiently(db, () => query<Found>(select, [storableJson(wanted)]));
      return rows.map((found, index) => givenOf(found) ?? Promise.reject(missing(wanted[index] as Wanted)));
    },
    { writers: 2, splits: (error) => !isDatabaseUnavailable(error) },
  );
  return async (attempt) => attempt.given ?? (await read(attempt));
}

/** What a phase begins with. Undefined if it is not there. */
export async function readStoredInput(query: Query, wanted: Wanted): Promise<Stored | undefined> {
  const [found] = await query<Found>(select, [storableJson([wanted])]);
  return found && givenOf(found);
}

const givenOf = ({ writtenAt, ...found }: Found): Given | undefined =>
  writtenAt === null ? undefined : { ...found, writtenAt: new Date(writtenAt) };

const missing = ({ phase, before }: Wanted): Error => nothingBefore(phase, before ?? "");

const select = statement(`
  select case when wanted.before is null then job.request_data else kept.output end as input,
    coalesce(case when wanted.before is null then job.input_version else kept.version end, 1) as version,
    case when wanted.before is null then job.created_at else kept.completed_at end as "writtenAt",
    exists (select from generation_steps where job_id = wanted.id and phase = wanted.phase) as "hasSteps"
  from rows from (json_to_recordset($1::json) as (id text, phase text, before text))
    with ordinality as wanted (id, phase, before, place)
  left join generation_jobs job on job.id = wanted.id and wanted.before is null
  left join generation_phases kept on kept.job_id = wanted.id and kept.phase = wanted.before
  order by wanted.place`);
