import { eq } from "drizzle-orm";
import type { Db, Tx } from "../../../db/client.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { queryWith, statement } from "../../../db/commit/statement.ts";
import { stepWaits } from "../../../db/schema/index.ts";
import { JobError, type WaitError } from "../../../errors.ts";

// A step whose model wants to be left alone for longer than this waits no more: its phase uses up attempts.
const patienceSeconds = 3_600;

export type WaitingStep = { jobId: string; phase: string; step: string };

/** How long the steps of one attempt wait for their models. */
export type Patience = {
  /** A model has answered: what the step waits for from now on is something new. */
  answered(step: WaitingStep): void;
  /** What a step is to throw that must wait: the same, or why it had to wait when it has waited for long enough. */
  waitOrFail(step: WaitingStep, wait: WaitError): Promise<Error>;
};

export function createPatience(db: Db): Patience {
  const query = queryWith(db.$client, db.$client.session);
  const hasAnswer = new Set<string>();
  return {
    answered: ({ step }) => void hasAnswer.add(step),
    async waitOrFail({ jobId, phase, step }, wait) {
      const isNew = hasAnswer.has(step);
      const [since] = await patiently(db, () =>
        query<{ isOver: boolean }>(begin, [jobId, phase, step, isNew, patienceSeconds]),
      );
      hasAnswer.delete(step);
      return since?.isOver && wait.cause instanceof JobError ? wait.cause : wait;
    },
  };
}

const begin = statement(`
  insert into step_waits as waiting (job_id, phase, step)
  select $1, $2, $3 from generation_jobs where id = $1
  on conflict (job_id, phase, step) do update set since = case when $4 then now() else waiting.since end
  returning since < now() - make_interval(secs => $5) as "isOver"`);

/** The steps of a job begin to be patient anew. */
export async function forgetWaits(tx: Tx, jobId: string): Promise<void> {
  await tx.delete(stepWaits).where(eq(stepWaits.jobId, jobId));
}
