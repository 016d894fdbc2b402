import { isDatabaseUnavailable } from "../../../db/availability.ts";
import type { Db } from "../../../db/client.ts";
import { createGroup } from "../../../db/commit/group.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { type Query, queryWith, statement } from "../../../db/commit/statement.ts";
import { PermanentError } from "../../../errors.ts";
import { storableJson } from "../../../storable.ts";
import type { Given, RunningAttempt } from "../running-attempt.ts";

export type ReadInput = (attempt: RunningAttempt) => Promise<Given>;

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
      const rows = await patiently(db, () => query<Given & { isThere: boolean }>(select, [storableJson(wanted)]));
      return rows.map(({ isThere, ...given }, index) =>
        isThere ? given : Promise.reject(missing(wanted[index]?.before)),
      );
    },
    { writers: 2, splits: (error) => !isDatabaseUnavailable(error) },
  );
  return async (attempt) => attempt.given ?? (await read(attempt));
}

/** What a job's phase begins with. `before`: the phase before it, null for the first. Undefined if it is not there. */
export async function readPhaseInput(
  query: Query,
  wanted: { id: string; phase: string; before: string | null },
): Promise<unknown> {
  const [found] = await query<Given & { isThere: boolean }>(select, [storableJson([wanted])]);
  return found?.isThere ? found.input : undefined;
}

const missing = (phase?: string | null) => new PermanentError(`The output of "${phase}" is not there.`);

const select = statement(`
  select case when wanted.before is null then job.request_data else kept.output end as input,
    case when wanted.before is null then job.id else kept.job_id end is not null as "isThere",
    exists (select from generation_steps where job_id = wanted.id and phase = wanted.phase) as "hasSteps"
  from rows from (json_to_recordset($1::json) as (id text, phase text, before text))
    with ordinality as wanted (id, phase, before, place)
  left join generation_jobs job on job.id = wanted.id and wanted.before is null
  left join generation_phases kept on kept.job_id = wanted.id and kept.phase = wanted.before
  order by wanted.place`);
