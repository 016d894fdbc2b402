import { and, asc, eq } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import { transact } from "../../../db/commit/transact.ts";
import { pauses, tenants } from "../../../db/schema/index.ts";
import type { Catalogue } from "../../job/catalogue.ts";

/** What is paused: everything, a job type or a tenant. */
export type PauseTarget = { scope: "all" } | { scope: "type" | "tenant"; name: string };
export type Pause = typeof pauses.$inferSelect;

const nameOf = (target: PauseTarget): string => ("name" in target ? target.name : "");

/** The oldest first. */
export const listPauses = (db: Db): Promise<Pause[]> =>
  db.select().from(pauses).orderBy(asc(pauses.since), asc(pauses.scope), asc(pauses.name));

/**
 * Within a moment no phase of it begins any more, in any process; phases that run go on. What waits keeps its place. Once more, it has
 * the new reason.
 */
export async function pause(db: Db, target: PauseTarget, reason: string | null = null): Promise<Pause> {
  return await transact(db, async ({ tx }) => {
    const { scope } = target;
    const name = nameOf(target);
    // Under its lock jobs are held back and let go.
    if (scope === "tenant") await tx.insert(tenants).values({ id: name }).onConflictDoNothing();
    const [paused] = await tx
      .insert(pauses)
      .values({ scope, name, reason })
      .onConflictDoUpdate({ target: [pauses.scope, pauses.name], set: { reason } })
      .returning();
    return paused as Pause;
  });
}

/**
 * Ends a pause. Returns whether there was one. Workers look at once where `catalogue` says at what, and within seconds
 * otherwise; jobs of a tenant are let go by this process's admission, or within a minute by a worker's reconciler.
 */
export async function endPause(db: Db, target: PauseTarget, catalogue?: Catalogue): Promise<boolean> {
  return await transact(db, async ({ tx, notice }) => {
    const { scope } = target;
    const name = nameOf(target);
    const ended = await tx
      .delete(pauses)
      .where(and(eq(pauses.scope, scope), eq(pauses.name, name)))
      .returning();
    if (scope === "tenant") notice.freed.add(name);
    const phases = catalogue?.phases.filter(({ type }) => scope === "all" || (scope === "type" && type === name));
    for (const { queue } of phases ?? []) notice.wake[queue] = 1;
    return ended.length > 0;
  });
}
