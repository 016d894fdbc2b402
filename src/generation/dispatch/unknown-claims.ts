import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";
import type { Log } from "../../log/log.ts";
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

type Options = { db: Db; catalogue: Catalogue; log: Log; worker: { id: string } | null };

export type UnknownClaims = {
  /** Looks for them in 2.5 s. For when the answer to a commit may have been lost. */
  look(): void;
  stop(): void;
};

// By then every claim whose commit was answered has its slot.
const lookAfterMilliseconds = 2_500;

// A claim whose answer has just arrived may not have its slot yet.
const settlingMilliseconds = 100;

/**
 * Finds the claims that this worker holds by the mirror and does not know of: the answer to the commit that made them
 * was lost with its connection. It looks when it is asked to, and when a connection of the pool broke. A process that
 * is not in the table of workers has none.
 */
export function watchUnknownClaims(
  options: Options,
  isKnown: (claimed: ClaimedQueueJob) => boolean,
  onFound: (claimed: ClaimedQueueJob) => void,
): UnknownClaims {
  const { db, worker, log } = options;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const onRelease = (broken: unknown) => {
    // It may have broken between a commit and its answer.
    if (broken) look();
  };
  db.$client.on("release", onRelease);

  function look(): void {
    if (!worker || stopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void report(worker.id).catch(look);
    }, lookAfterMilliseconds);
  }

  async function report(workerId: string): Promise<void> {
    for (const claimed of await findUnknownClaims(options, workerId, isKnown)) {
      if (stopped) return;
      log.warn({ event: "claim_found_again", job: claimed.jobId, queue: claimed.queue });
      onFound(claimed);
    }
  }

  return {
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
      db.$client.off("release", onRelease);
    },
  };
}

async function findUnknownClaims(
  { db, catalogue }: Options,
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

// Younger claims than two seconds may still be on their way.
const select = statement(`
  select id as "jobId", type, phase, queue_job_id as "queueJobId", claim, priority, lost_attempts as "lostAttempts"
  from generation_jobs
  where status = 'processing' and worker_id = $1 and claim is not null
    and (next_attempt_at is null or waiting_for is not null)
    and phase_started_at < now() - interval '2 seconds'`);
