import { and, eq, inArray, notExists, sql } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { generationJobs, topics } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import type { JobRow } from "../generation/job/store.ts";
import { isFinished } from "../generation/job/transitions.ts";

/** A topic that the caller knows by its own id: made here if it is not known yet. */
export async function ensureTopic(
  tx: Tx,
  tenant: string,
  topic: { id: string; title: string; keywords?: string | string[] | undefined; template?: string | undefined },
): Promise<void> {
  const { id, title, keywords = [], template } = topic;
  const list = (typeof keywords === "string" ? keywords.split(",") : keywords).map((word) => word.trim());
  await tx
    .insert(topics)
    .values({
      id,
      tenant,
      topicTitle: title.trim(),
      keywords: list.filter((word) => word !== ""),
      contentTemplate: template ?? null,
    })
    .onConflictDoNothing();
  const [own] = await tx
    .select({ id: topics.id })
    .from(topics)
    .where(and(eq(topics.id, id), eq(topics.tenant, tenant)));
  if (!own) throw new RequestError("invalid_input", `The topic id ${id} cannot be used.`);
}

/**
 * Brings the topic of a job that has just begun, ended or been resumed in line with it: in progress as long as one of
 * its jobs is live, completed with the first that completes, else pending again. What was completed or rejected
 * does not go back. After the locks on jobs: topics come second in the order of locks.
 */
export async function followJob(
  tx: Tx,
  { topicId, tenant, status }: Pick<JobRow, "topicId" | "tenant" | "status">,
): Promise<void> {
  if (!topicId) return;
  const own = and(eq(topics.id, topicId), eq(topics.tenant, tenant));
  // Two jobs that end at once would each see the other one live, so each looks only when it has the topic to itself.
  // No stronger lock: whoever inserts a job has already locked the topic's key.
  await tx.select({ id: topics.id }).from(topics).where(own).for("no key update");
  if (status === "completed") {
    await tx.update(topics).set({ status, usedAt: sql`now()` }).where(own);
  } else if (isFinished(status)) {
    const live = tx
      .select({ id: generationJobs.id })
      .from(generationJobs)
      .where(
        and(
          eq(generationJobs.topicId, topicId),
          eq(generationJobs.tenant, tenant),
          inArray(generationJobs.status, ["pending", "processing"]),
        ),
      );
    await tx
      .update(topics)
      .set({ status: "pending" })
      .where(and(own, eq(topics.status, "in_progress"), notExists(live)));
  } else {
    await tx
      .update(topics)
      .set({ status: "in_progress" })
      .where(and(own, eq(topics.status, "pending")));
  }
}
