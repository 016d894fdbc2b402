import { and, eq } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { topics } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";

/*
 * A topic follows the jobs that name it (pending, in_progress, completed). The trigger `topics_follow_generation_jobs`
 * does that, in the statement that changes a job's status: see drizzle/0003_error_detail_topics_follow.sql.
 */

/** Whether the tenant has this topic. */
export async function hasTopic(tx: Tx, tenant: string, topicId: string): Promise<boolean> {
  const own = and(eq(topics.id, topicId), eq(topics.tenant, tenant));
  const [topic] = await tx.select({ id: topics.id }).from(topics).where(own);
  return topic !== undefined;
}

/** A topic that the caller knows by its own id: written here if it is not known yet. */
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
  if (await hasTopic(tx, tenant, id)) return;
  throw new RequestError("invalid_input", `The topic id ${id} cannot be used.`);
}
