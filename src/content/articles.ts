import { and, eq, or, sql } from "drizzle-orm";
import { v7 } from "uuid";
import type { Db, Tx } from "../db/client.ts";
import { asTenant } from "../db/rights/tenant-role.ts";
import { articles } from "../db/schema/index.ts";
import { RequestError } from "../errors.ts";
import { isUuid } from "../ids.ts";

export type ArticleRow = typeof articles.$inferSelect;

/** What its job gives of an article: the columns of the row, and the `handle` that the slug is made from. */
export type NewArticle = Omit<typeof articles.$inferInsert, "id" | "slug" | "status"> & {
  tenant: string;
  handle: string;
};

/** Keeps an article, ready for an editor. Its slug is the handle, with a number if another article has that slug. */
export async function keepArticle(
  tx: Tx,
  { handle, ...article }: NewArticle,
): Promise<{ articleId: string; slug: string }> {
  const articleId = v7();
  for (;;) {
    const slug = await freeSlug(tx, article.tenant, handle);
    // If an open transaction has inserted the slug, this insert waits until that has ended. When it has committed,
    // nothing is inserted here and the next number is tried.
    const inserted = await tx
      .insert(articles)
      .values({ ...article, id: articleId, slug, status: "ready_for_editorial" })
      .onConflictDoNothing({ target: [articles.tenant, articles.slug] })
      .returning({ id: articles.id });
    if (inserted.length > 0) return { articleId, slug };
  }
}

/** The tenant's article. Throws `not_found`, also for another tenant's. */
export async function findArticle(db: Db, tenant: string, id: string): Promise<ArticleRow> {
  const [article] = isUuid(id)
    ? await asTenant(db, tenant, ({ tx }) =>
        tx
          .select()
          .from(articles)
          .where(and(eq(articles.id, id), eq(articles.tenant, tenant))),
      )
    : [];
  if (!article) throw new RequestError("not_found", "There is no such article.");
  return article;
}

/** The tenant's article, in the caller's transaction. Null if it has none of this id. */
export async function findArticleWithin(tx: Tx, tenant: string, id: string): Promise<ArticleRow | null> {
  const [article] = await tx
    .select()
    .from(articles)
    .where(and(eq(articles.id, id), eq(articles.tenant, tenant)));
  return article ?? null;
}

/** The whole article in Markdown, its title as the only first-level heading. */
export const asDocument = ({ title, content }: Pick<ArticleRow, "title" | "content">): string =>
  `# ${title.replace(markdownCharacters, "\\$&")}\n\n${content.trim()}\n`;

// A title is plain text: brackets that a user typed must not become a link.
const markdownCharacters = /[\\`*_{}[\]<>#|~]/g;

/** The handle, or else its stem with the lowest number from 2 on that no article of the tenant has. */
async function freeSlug(tx: Tx, tenant: string, handle: string): Promise<string> {
  const stem = stemOf(handle);
  const rows = await tx
    .select({ slug: articles.slug })
    .from(articles)
    .where(
      and(
        eq(articles.tenant, tenant),
        or(eq(articles.slug, handle), sql`starts_with(${articles.slug}, ${`${stem}-`})`),
      ),
    );
  const taken = new Set(rows.map(({ slug }) => slug));
  let slug = handle;
  for (let number = 2; taken.has(slug); number += 1) slug = `${stem}-${number}`;
  return slug;
}

const maxSlugLength = 75;

/** The beginning of a handle, short enough that a number after it still fits into a slug. */
const stemOf = (handle: string): string => handle.slice(0, maxSlugLength - "-9999".length).replace(/-$/, "");
