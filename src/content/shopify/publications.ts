import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { patiently, transactPatiently } from "../../db/commit/patience.ts";
import { asTenant } from "../../db/rights/tenant-role.ts";
import { articles, publications } from "../../db/schema/index.ts";
import type { Placed } from "./operations.ts";

export type Row = typeof publications.$inferSelect;

/** What is written of an article's way into a blog. Each write is kept before the next request goes to the shop. */
export type Publications = {
  /** The row of the article in this blog, made if there is none. */
  open(row: Pick<Row, "tenant" | "articleId" | "shop" | "blogId" | "jobId" | "handle">): Promise<Row>;
  /** Says that the shop is asked to create it. Null if another job was faster. */
  ask(row: Row): Promise<Row | null>;
  /** The shop has certainly not created it. */
  unask(row: Row): Promise<void>;
  /** Another article, or this one, has the handle. */
  markTaken(row: Row): Promise<Row>;
  /** It was not found. Returns for how many seconds that has been so. */
  miss(row: Row): Promise<number>;
  /** Another handle is tried. */
  rename(row: Row, handle: string): Promise<Row>;
  /** It is no longer in the shop. */
  forget(row: Row): Promise<Row>;
  /** It is there: the article says so too. */
  keep(row: Row, placed: Placed): Promise<Row>;
};

/** Where a tenant's article is, or is on its way to: the latest first. */
export const findPublications = (db: Db, tenant: string, articleId: string): Promise<Row[]> =>
  asTenant(db, tenant, ({ tx }) =>
    tx
      .select()
      .from(publications)
      .where(and(eq(publications.articleId, articleId), eq(publications.tenant, tenant)))
      .orderBy(desc(publications.updatedAt)),
  );

const now = sql`date_trunc('milliseconds', clock_timestamp())`;
const notAsked = { askedAt: null, missedAt: null, isTaken: false };

export function createPublications(db: Db): Publications {
  const set = async (row: Row, fields: object): Promise<Row> => {
    const own = eq(publications.id, row.id);
    const [changed] = await patiently(db, () =>
      db
        .update(publications)
        .set({ ...fields, updatedAt: now })
        .where(own)
        .returning(),
    );
    if (!changed) throw new Error("The article was deleted while it was published.");
    return changed;
  };

  return {
    open: ({ articleId, shop, blogId, ...row }) =>
      patiently(db, async () => {
        const place = { articleId, shop, blogId };
        await db
          .insert(publications)
          .values({ ...row, ...place })
          .onConflictDoNothing();
        const own = and(
          eq(publications.articleId, articleId),
          eq(publications.shop, shop),
          eq(publications.blogId, blogId),
        );
        const [found] = await db.select().from(publications).where(own);
        if (!found) throw new Error("The article was deleted before it was published.");
        return found;
      }),
    async ask(row) {
      // Two jobs may have seen the same row: one of them asks.
      const asSeen = and(
        eq(publications.id, row.id),
        isNull(publications.shopifyId),
        row.askedAt ? eq(publications.askedAt, row.askedAt) : isNull(publications.askedAt),
      );
      const fields = { askedAt: now, missedAt: null, updatedAt: now };
      const [asked] = await patiently(db, () => db.update(publications).set(fields).where(asSeen).returning());
      return asked ?? null;
    },
    unask: async (row) => void (await set(row, notAsked)),
    markTaken: (row) => set(row, { isTaken: true, missedAt: null }),
    async miss(row) {
      const { missedAt, updatedAt } = await set(row, { missedAt: sql`coalesce(missed_at, ${now})` });
      return (updatedAt.getTime() - (missedAt ?? updatedAt).getTime()) / 1000;
    },
    rename: (row, handle) => set(row, { ...notAsked, handle }),
    forget: (row) => set(row, { ...notAsked, state: "creating", shopifyId: null }),
    keep: (row, { id, handle, isPublished }) =>
      transactPatiently(db, async ({ tx }) => {
        const state = isPublished ? "live" : "draft";
        const [kept] = await tx
          .update(publications)
          .set({ ...notAsked, shopifyId: id, handle, state, updatedAt: now })
          .where(eq(publications.id, row.id))
          .returning();
        if (!kept) throw new Error("The article was deleted while it was published.");
        await tx
          .update(articles)
          .set({
            status: isPublished ? "published_visible" : "published_hidden",
            shopifyBlogId: row.blogId,
            shopifyArticleId: id,
            updatedAt: now,
            ...(isPublished && { publishedAt: sql`coalesce(published_at, ${now})` }),
          })
          .where(eq(articles.id, row.articleId));
        return kept;
      }),
  };
}
