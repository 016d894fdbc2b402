import type { Transaction } from "../../db/commit/transact.ts";
import { generationJobEvents } from "../../db/schema/index.ts";
import type { JobEvent } from "./events.ts";

/**
 * Appends events to a job's history. `eventCount` is the job's counter after the caller raised it by as many as there
 * are events. That update also locked the job's row, so numbers follow each other from 1 without a gap.
 */
export async function appendEvents(
  { tx, notice }: Transaction,
  { id: jobId, eventCount }: { id: string; eventCount: number },
  events: JobEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const first = eventCount - events.length + 1;
  await tx
    .insert(generationJobEvents)
    .values(events.map(({ type, data }, index) => ({ jobId, id: first + index, type, data })));
  notice.events[jobId] = eventCount;
}
