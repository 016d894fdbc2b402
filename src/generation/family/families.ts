import type { Notice } from "../../db/commit/notice.ts";
import { queryWith } from "../../db/commit/statement.ts";
import type { Log } from "../../log/log.ts";
import { findBereft, findWaitingInVain } from "./children.ts";
import { type FamilyParts, settleFamily } from "./settle.ts";

/** Settles the families of which a notice tells, each once at a time. */
export type Families = (told: Notice["families"]) => void;

export function createFamilies(parts: FamilyParts, log: Log): Families {
  const running = new Set<string>();
  const again = new Set<string>();

  async function run(jobId: string, isOver: boolean): Promise<void> {
    running.add(jobId);
    for (let now = isOver; ; now = false) {
      again.delete(jobId);
      // The reconciler does what fails here.
      await settleFamily(parts, jobId, { isOver: now }).catch((error: unknown) =>
        log.warn({ event: "family_not_settled", job: jobId, err: error }),
      );
      if (!again.has(jobId)) break;
    }
    running.delete(jobId);
  }

  return ({ spent, over }) => {
    for (const jobId of over) void run(jobId, true);
    for (const jobId of spent) {
      if (running.has(jobId)) again.add(jobId);
      else void run(jobId, false);
    }
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
