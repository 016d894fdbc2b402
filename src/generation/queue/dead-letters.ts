import type { JobAttempt, PgBoss } from "pg-boss";
import type { Transaction } from "../../db/commit/transact.ts";
import { within } from "./phase-jobs.ts";

export const deadLetterQueue = "dead_letter";

/** A queue job that pg-boss will not run again. */
export type DeadLetter = {
  attempt: JobAttempt;
  jobId: string;
  phase: string;
  queueJobId: string;
};

export type DeadLetters = {
  fetchDeadLetters(limit: number): Promise<DeadLetter[]>;
  completeDeadLetter(transaction: Transaction, letter: DeadLetter): Promise<void>;
};

export function createDeadLetters(boss: PgBoss): DeadLetters {
  return {
    async fetchDeadLetters(limit) {
      const letters = await boss.fetch<{ jobId: string }>(deadLetterQueue, {
        batchSize: limit,
        includeMetadata: true,
      });
      return letters.map(({ id, retryCount, data, sourceName, sourceId }) => ({
        attempt: { id, retryCount },
        jobId: data.jobId,
        phase: phaseOf(sourceName ?? ""),
        queueJobId: sourceId ?? "",
      }));
    },

    async completeDeadLetter(transaction, { attempt }) {
      await boss.complete(deadLetterQueue, attempt, null, within(transaction));
    },
  };
}

// A queue is named <type>.<phase>.
const phaseOf = (queue: string): string => queue.slice(queue.indexOf(".") + 1);
