import { and, eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { patiently } from "../../db/commit/patience.ts";
import { articles } from "../../db/schema/index.ts";
import { PermanentError, WaitError } from "../../errors.ts";
import type { Log } from "../../log/log.ts";
import { type Access, type AccessParts, openShop } from "./access.ts";
import { fieldsOf } from "./article-fields.ts";
import { moveAfter, nextHandle, type Search, secondsToNextLook } from "./next-move.ts";
import { createArticle, findArticles, type Placed, updateArticle } from "./operations.ts";
import type { Publication, PublishTo } from "./order.ts";
import { createPublications, type Publications, type Row } from "./publications.ts";
import { isNotDone, refusedArticle } from "./refusals.ts";

/** On whose behalf an article is published. `signal`: ends it when aborted. */
export type Principal = { jobId: string; tenant: string; signal: AbortSignal };

/** Publishes articles in shops at Shopify. */
export type Publisher = {
  /**
   * Puts an article into a blog, or brings the one that is there up to date. Whatever is cut off, and however many do it
   * at once, there is one article in the blog. Throws WaitError, PermanentError, JobError and what the signal was aborted with.
   */
  publish(by: Principal, order: { articleId: string } & PublishTo): Promise<Publication>;
};

export function createPublisher(parts: AccessParts & { log: Log }): Publisher {
  const publications = createPublications(parts.db);
  return {
    async publish(by, { articleId, ...to }) {
      const article = await readArticle(parts.db, by.tenant, articleId);
      const access = await openShop(parts, { ...by, domain: to.shop });
      const blogId = to.blogId.replace("gid://shopify/Blog/", "");
      const { tenant, jobId } = by;
      const row = await publications.open({
        tenant,
        jobId,
        articleId,
        shop: to.shop,
        blogId,
        handle: article.slug,
      });
      const fields = fieldsOf(article, to, row.jobId);
      const kept = await place({ publications, access, fields, firstHandle: article.slug }, row);
      const { shopifyId, handle, state } = kept;
      parts.log.info({ event: "article_published", job: jobId, article: articleId, shop: to.shop, blogId, state });
      if (shopifyId === null || state === "creating") throw new Error("An article was kept without its place.");
      return { shop: to.shop, blogId, shopifyId, handle, state };
    },
  };
}

async function readArticle(db: Db, tenant: string, articleId: string) {
  const own = and(eq(articles.id, articleId), eq(articles.tenant, tenant));
  const [article] = await patiently(db, () => db.select().from(articles).where(own));
  if (!article) throw new PermanentError("The article is no longer there.");
  return article;
}

type Placing = {
  publications: Publications;
  access: Access;
  fields: ReturnType<typeof fieldsOf>;
  firstHandle: string;
};

async function place(placing: Placing, row: Row): Promise<Row> {
  const { publications } = placing;
  if (row.shopifyId === null) return await create(placing, row);
  const updated = await update(placing, row.shopifyId);
  return updated ? await publications.keep(row, updated) : await create(placing, await publications.forget(row));
}

/** Null if the article is no longer in the shop: a person has deleted it there. */
async function update({ access, fields }: Placing, id: string): Promise<Placed | null> {
  const { article, userErrors } = (await access.run(updateArticle, { id, article: fields })).articleUpdate;
  if (article && userErrors.length === 0) return article;
  if (userErrors.some(({ code, field }) => code === "NOT_FOUND" && !field?.includes("article"))) return null;
  throw refusedArticle(userErrors);
}

async function create(placing: Placing, given: Row): Promise<Row> {
  const { publications, firstHandle } = placing;
  let row = given;
  for (;;) {
    if (row.askedAt) {
      const found = await find(placing, row);
      const search: Search = found ? (found.jobId === row.jobId ? "ours" : "foreign") : "none";
      const missedSeconds = found ? 0 : await publications.miss(row);
      const move = moveAfter(search, { ...row, missedSeconds });
      // What was created then may not be what is to be published now.
      if (move === "adopt" && found) return await place(placing, { ...row, shopifyId: found.id });
      if (move === "wait") throw later(secondsToNextLook(row), "the shop's search may not know the article yet");
      if (move === "rename") row = await publications.rename(row, nextHandle(firstHandle, row.handle));
    }
    const asked = await publications.ask(row);
    if (!asked) throw later(2, "another job publishes the article");
    const created = await tryToCreate(placing, asked);
    if (created) return await publications.keep(asked, created);
    row = await publications.markTaken(asked);
  }
}

/** Null if the handle is taken. */
async function tryToCreate({ access, fields, publications }: Placing, row: Row): Promise<Placed | null> {
  const article = { ...fields, blogId: `gid://shopify/Blog/${row.blogId}`, handle: row.handle };
  try {
    const { article: created, userErrors } = (await access.run(createArticle, { article })).articleCreate;
    if (created && userErrors.length === 0) return created;
    if (userErrors.some(({ code }) => code === "TAKEN")) return null;
    throw refusedArticle(userErrors);
  } catch (error) {
    if (isNotDone(error)) await publications.unask(row);
    throw error;
  }
}

/** The article with this handle, as far as the shop's search knows it. */
async function find(
  { access }: Placing,
  { blogId, handle }: Row,
): Promise<(Placed & { jobId: string | null }) | null> {
  const { articles } = await access.run(findArticles, { query: `blog_id:${blogId} handle:${handle}` });
  // A search finds what is similar too.
  const found = articles.nodes.find(
    (one) => one.handle === handle && one.blog.id === `gid://shopify/Blog/${blogId}`,
  );
  return found ? { ...found, jobId: found.metafield?.value ?? null } : null;
}

const later = (seconds: number, why: string) => new WaitError(new Date(Date.now() + seconds * 1000), why);
