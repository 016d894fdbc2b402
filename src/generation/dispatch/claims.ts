import { type BeginParts, beginAttempts } from "../attempt/begin.ts";
import { type Ending, isFinished, type LostEnding } from "../attempt/ending/ending.ts";
import type { Given, RunningAttempt } from "../attempt/running-attempt.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import { type DueQueue, type Round, roundsOf, type Source } from "./order.ts";

/** What came of claims: attempts that run now, losses to report, and claims that begin when the transaction is over. */
export type Claimed = { begun: RunningAttempt[]; lost: LostEnding[]; late: ClaimedQueueJob[] };

/** Claims up to `free` of what is due, what goes first first, and begins it in the same transaction. */
export async function claimDue(
  transaction: JobTransaction,
  parts: BeginParts,
  due: readonly DueQueue[],
  free: number,
  given?: ReadonlyMap<string, Given>,
): Promise<Claimed> {
  const rounds = roundsOf(due, parts.catalogue);
  const claims: ClaimedQueueJob[] = [];
  const take = ({ queue, minRank }: Source, most: number) => parts.queue.fetch(transaction, queue, most, minRank);
  for (const round of rounds) claims.push(...(await shareSlots(round, free - claims.length, take)));
  if (claims.length === 0) return { begun: [], lost: [], late: [] };
  const others = claims.filter(({ alone }) => !alone);
  const { begun, lost, busy } = await beginAttempts(transaction, parts, others, given);
  // What must run alone comes last, so that it waits for the others of its batch.
  return { begun, lost, late: [...busy, ...claims.filter(({ alone }) => alone)] };
}

/** Takes up to `free`, an equal part from each type; what one type leaves goes to the others. */
export async function shareSlots<T>(
  types: Round,
  free: number,
  take: (source: Source, most: number) => Promise<T[]>,
): Promise<T[]> {
  const taken: T[] = [];
  for (let hungry = types; hungry.length > 0 && taken.length < free; ) {
    const part = Math.ceil((free - taken.length) / hungry.length);
    const left: Round = [];
    for (const queues of hungry) {
      const before = taken.length;
      const most = Math.min(free, before + part);
      for (const queue of queues) if (taken.length < most) taken.push(...(await take(queue, most - taken.length)));
      if (taken.length > before && taken.length === most) left.push(queues);
    }
    hungry = left;
  }
  return taken;
}

/** What the phases that follow begin with. No attempt of theirs has run before. */
export function givenBy(ended: readonly Ending[]): Map<string, Given> {
  const advanced = ended.filter(isFinished).filter(({ transition }) => transition === "advance");
  return new Map(
    advanced.map(({ attempt: { row, phase }, output }) => {
      const { version = 1 } = phase.definition;
      return [row.id, { input: JSON.parse(output.json), version, writtenAt: new Date(), hasSteps: false }];
    }),
  );
}
