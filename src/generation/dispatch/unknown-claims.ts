import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { runsAlone } from "../job/lost-attempts.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";

type Row = {
  jobId: string;
  type: string;
  phase: string;
  queueJobId: string;
  claim: number;
  priority: number;
  lostAttempts: number;
};

// A claim whose answer has just arrived may not have its slot yet.
const settlingMilliseconds = 100;

/**
 * Claims that a worker holds by the mirror and does not know of: the answer to the commit that made them was lost with
 * its connection. Younger ones than two seconds may still be on their way.
 */
export async function findUnknownClaims(
  { db, catalogue }: { db: Db; catalogue: Catalogue },
  workerId: string,
  isKnown: (claimed: ClaimedQueueJob) => boolean,
): Promise<ClaimedQueueJob[]> {
  const rows = await queryWith(db.$client, db.$client.session)<Row>(select, [workerId]);
  await delay(settlingMilliseconds);
  return rows
    .flatMap(({ type, phase, lostAttempts, ...claim }) => {
      const queue = catalogue.phase(type, phase)?.queue;
      return queue === undefined ? [] : [{ ...claim, queue, alone: runsAlone({ lostAttempts }) }];
    })
    .filter((claimed) => !isKnown(claimed));
}

const select = statement(`
  select id as "jobId", type, phase, queue_job_id as "queueJobId", claim, priority, lost_attempts as "lostAttempts"
  from generation_jobs
  where status = 'processing' and worker_id = $1 and claim is not null
    and (next_attempt_at is null or waiting_for is not null)
    and phase_started_at < now() - interval '2 seconds'`);
