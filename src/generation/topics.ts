import { and, eq } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { topics } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";

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
