import type { Notice } from "../../db/commit/notice.ts";
import { queryWith } from "../../db/commit/statement.ts";
import type { Log } from "../../log/log.ts";
import { findBereft, findWaitingInVain } from "./children.ts";
import { type FamilyParts, settleFamily } from "./settle.ts";

/** Settles the families of which a notice tells, each once at a time. */
export type Families = (told: Notice["families"]) => void;

export function createFamilies(parts: FamilyParts, log: Log): Families {
  // By the job whose family is being settled: what has been noticed of it meanwhile.
  const running = new Map<string, { isOver: boolean } | null>();

  function settle(jobId: string, isOver: boolean): void {
    if (!running.has(jobId)) return void run(jobId, isOver);
    running.set(jobId, { isOver: isOver || running.get(jobId)?.isOver === true });
  }

  async function run(jobId: string, isOver: boolean): Promise<void> {
    for (let next: { isOver: boolean } | null = { isOver }; next; next = running.get(jobId) ?? null) {
      running.set(jobId, null);
      // The reconciler does what fails here.
      await settleFamily(parts, jobId, next).catch((error: unknown) =>
        log.warn({ event: "family_not_settled", job: jobId, err: error }),
      );
    }
    running.delete(jobId);
  }

  return ({ spent, over }) => {
    for (const jobId of over) settle(jobId, true);
    for (const jobId of spent) settle(jobId, false);
  };
}

const mostAtOnce = 250;

/** Settles what a process that died has left: parents that wait for nothing, and children of jobs that are over. Returns how many. */
export async function settleFamilies(parts: FamilyParts): Promise<number> {
  const query = queryWith(parts.db.$client, parts.db.$client.session);
  const over = await findBereft(query, mostAtOnce);
  const inVain = await findWaitingInVain(query, mostAtOnce);
  for (const jobId of over) await settleFamily(parts, jobId, { isOver: true });
  for (const jobId of inVain) await settleFamily(parts, jobId, { isOver: false });
  return over.length + inVain.length;
}
