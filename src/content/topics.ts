import { and, desc, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { topics } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import { isUuid, newUuid } from "../ids.ts";

/*
 * A topic follows the jobs that name it (pending, in_progress, completed). The trigger `topics_follow_generation_jobs`
 * does that, in the statement that changes a job's status: see drizzle/0003_error_detail_topics_follow.sql.
 */

type Row = typeof topics.$inferSelect;
export type TopicRow = Row & { status: "pending" | "in_progress" | "completed" | "rejected" };

export async function createTopic(
  db: Db,
  tenant: string,
  topic: { title: string; keywords: string[]; template?: string | undefined; searchVolume?: number | undefined },
): Promise<TopicRow> {
  const { title, keywords, template = null, searchVolume = null } = topic;
  const row = { id: newUuid(), tenant, topicTitle: title, keywords, contentTemplate: template, searchVolume };
  const [created] = await asTenant(db, tenant, ({ tx }) => tx.insert(topics).values(row).returning());
  return created as TopicRow;
}

/** The tenant's topic. Throws `not_found`, also for another tenant's. */
export async function findTopic(db: Db, tenant: string, id: string): Promise<TopicRow> {
  const own = and(eq(topics.id, id), eq(topics.tenant, tenant));
  const [topic] = isUuid(id) ? await asTenant(db, tenant, ({ tx }) => tx.select().from(topics).where(own)) : [];
  if (!topic) throw new RequestError("not_found", "There is no such topic.");
  return topic as TopicRow;
}

/** Newest first. `before`: the id of the last topic of the page before; null after the last page. */
export async function listTopics(
  db: Db,
  tenant: string,
  {
    status,
    limit,
    before,
  }: { status?: TopicRow["status"] | undefined; limit: number; before?: string | undefined },
): Promise<{ topics: TopicRow[]; before: string | null }> {
  const found = await asTenant(db, tenant, ({ tx }) =>
    tx
      .select()
      .from(topics)
      .where(
        and(
          eq(topics.tenant, tenant),
          status && eq(topics.status, status),
          // In the database, whose times are finer than those that are read.
          before === undefined
            ? undefined
            : sql`(${topics.createdAt}, ${topics.id}) < (select created_at, id from ${topics} as last where last.id = ${before} and last.tenant = ${tenant})`,
        ),
      )
      // Its index is in this order, though none is null.
      .orderBy(sql`${topics.createdAt} desc nulls last`, desc(topics.id))
      .limit(limit + 1),
  );
  const page = found.slice(0, limit) as TopicRow[];
  return { topics: page, before: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

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
