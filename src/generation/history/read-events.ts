import { and, eq, gt } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { generationJobEvents } from "../../db/schema/index.ts";

export type EventRow = typeof generationJobEvents.$inferSelect;

/** A job's events after the given number, oldest first. */
export async function readEvents(db: Db, jobId: string, after: number): Promise<EventRow[]> {
  return await db
    .select()
    .from(generationJobEvents)
    .where(and(eq(generationJobEvents.jobId, jobId), gt(generationJobEvents.id, after)))
    .orderBy(generationJobEvents.id);
}
