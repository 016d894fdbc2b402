import { inArray } from "drizzle-orm";
import type { Db, Tx } from "../../../db/client.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { queryWith, statement } from "../../../db/commit/statement.ts";
import { stepWaits } from "../../../db/schema/index.ts";
import { JobError, type WaitError } from "../../../errors.ts";
import type { CallOwner } from "./open-call.ts";

// A call whose model wants to be left alone for longer than this waits no more: its phase uses up attempts.
const patienceSeconds = 3_600;

/** What a call is to throw that must wait: the same, or why it had to wait when it has waited for long enough. */
export type WaitOrFail = (call: CallOwner, wait: WaitError) => Promise<Error>;

export function createPatience(db: Db): WaitOrFail {
  const query = queryWith(db.$client, db.$client.session);
  return async ({ jobId, phase, step, call }, wait) => {
    const values = [jobId, phase, step, call, patienceSeconds];
    const [since] = await patiently(db, () => query<{ isOver: boolean }>(begin, values));
    return since?.isOver && wait.cause instanceof JobError ? wait.cause : wait;
  };
}

// That it is answered is written with the end of the call: see `endCalls`.
const begin = statement(`
  insert into step_waits as waiting (job_id, phase, step, call)
  select $1, $2, $3, $4 from generation_jobs where id = $1
  on conflict (job_id, phase, step, call) do update set since = waiting.since
  returning since < now() - make_interval(secs => $5) as "isOver"`);

/** The calls of these jobs begin to be patient anew. */
export async function forgetWaits(tx: Tx, jobIds: readonly string[]): Promise<void> {
  await tx.delete(stepWaits).where(inArray(stepWaits.jobId, jobIds));
}
