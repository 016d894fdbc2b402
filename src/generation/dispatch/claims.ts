import { beginAttempts } from "../attempt/begin.ts";
import { type Ending, isFinished, type LostEnding } from "../attempt/ending/ending.ts";
import type { Given, RunningAttempt } from "../attempt/running-attempt.ts";
import type { Catalogue } from "../job/catalogue.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import { deadLetterQueue } from "../queue/dead-letters.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { type DueQueue, inOrder } from "./order.ts";

/** What came of claims: attempts that run now, losses to report, and claims that begin when the transaction is over. */
export type Claimed = { begun: RunningAttempt[]; lost: LostEnding[]; late: ClaimedQueueJob[] };

/** Claims up to `free` of what is due, what goes first first, and begins it in the same transaction. */
export async function claimDue(
  transaction: JobTransaction,
  parts: { queue: Queue; catalogue: Catalogue; worker: { id: string } | null },
  due: readonly DueQueue[],
  free: number,
  given?: ReadonlyMap<string, Given>,
): Promise<Claimed> {
  const order = inOrder(due, parts.catalogue).filter(({ queue }) => queue !== deadLetterQueue);
  const claims: ClaimedQueueJob[] = [];
  for (const [index, { queue }] of order.entries()) {
    const left = free - claims.length;
    // What ranks below the next queue's best lets that one go first.
    if (left > 0) claims.push(...(await parts.queue.fetch(transaction, queue, left, order[index + 1]?.priority)));
  }
  if (claims.length === 0) return { begun: [], lost: [], late: [] };
  const others = claims.filter(({ alone }) => !alone);
  const { begun, lost, busy } = await beginAttempts(transaction, parts, others, given);
  // What must run alone comes last, so that it waits for the others of its batch.
  return { begun, lost, late: [...busy, ...claims.filter(({ alone }) => alone)] };
}

/** What the phases that follow begin with. No attempt of theirs has run before. */
export function givenBy(ended: readonly Ending[]): Map<string, Given> {
  const advanced = ended.filter(isFinished).filter(({ transition }) => transition === "advance");
  return new Map(
    advanced.map(({ attempt, output }) => [attempt.row.id, { input: JSON.parse(output.json), hasSteps: false }]),
  );
}
