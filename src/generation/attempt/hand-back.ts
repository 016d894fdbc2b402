import type { Db } from "../../db/client.ts";
import { Interruption } from "../../errors.ts";
import { newUuid } from "../../ids.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { byDatabase } from "../job/clock.ts";
import { lockJob, transactJobsPatiently } from "../job/locked-jobs.ts";
import { replaceQueueJob } from "../job/store.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";

/** Gives a claim back that has not become an attempt, for any worker to take at `at`, by this machine's clock. */
export async function handBack(
  { db, queue, catalogue }: { db: Db; queue: Queue; catalogue: Catalogue },
  claimed: ClaimedQueueJob,
  at: Date,
): Promise<void> {
  await transactJobsPatiently(db, async (transaction) => {
    await lockJob(transaction, claimed.jobId);
    const row = replaceQueueJob(transaction, claimed, newUuid(), { nextAttemptAt: byDatabase(transaction, at) });
    const phase = row && catalogue.phase(row.type, row.phase);
    const completed = await queue.complete(transaction, [claimed]);
    if (row && completed.size === 0) throw new Interruption("lost");
    if (row && phase) await queue.send(transaction, [{ phase, job: row, trace: claimed.trace }]);
  });
}
