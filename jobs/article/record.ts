import { and, eq, or, sql } from "drizzle-orm";
import { v7 } from "uuid";
import type { Recorded, RecordedJob } from "../../src/author/index.ts";
import type { Tx } from "../../src/db/client.ts";
import { articles } from "../../src/db/schema/index.ts";
import { stemOf } from "../text/handle.ts";
import type { Article } from "./article.ts";

/** Keeps the article, ready for an editor. What the job shows of it leaves the text out: that is read by its id. */
export async function recordArticle(tx: Tx, job: RecordedJob, article: Article): Promise<Recorded> {
  const { articleId, slug } = await insertArticle(tx, job, article);
  const { markdown: _, wordCount, seoScore, ...shown } = article;
  return { articleId, wordCount, seoScore, result: { articleId, ...shown, handle: slug, wordCount, seoScore } };
}

async function insertArticle(
  tx: Tx,
  job: RecordedJob,
  article: Article,
): Promise<{ articleId: string; slug: string }> {
  const articleId = v7();
  for (;;) {
    const slug = await freeSlug(tx, job.tenant, article.handle);
    // Waits for a transaction that has taken the slug and is not done yet; then it is taken or free for certain.
    const inserted = await tx
      .insert(articles)
      .values(rowOf(job, article, articleId, slug))
      .onConflictDoNothing({ target: [articles.tenant, articles.slug] })
      .returning({ id: articles.id });
    if (inserted.length > 0) return { articleId, slug };
  }
}

/** The handle, or else with the lowest number from 2 on that nobody has. */
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

const rowOf = (job: RecordedJob, article: Article, id: string, slug: string): typeof articles.$inferInsert => ({
  id,
  tenant: job.tenant,
  jobId: job.id,
  title: article.title,
  content: article.markdown,
  summary: article.summary,
  metaTitle: article.metaTitle,
  metaDescription: article.metaDescription,
  slug,
  status: "ready_for_editorial",
  needsReview: article.needsReview,
  tags: article.tags,
  targetKeywords: article.targetKeywords,
  seoScore: article.seoScore,
  wordCount: article.wordCount,
  readingTime: article.readingMinutes,
  sourceTopicId: job.topicId,
  generationStartedAt: job.startedAt,
  generationCompletedAt: new Date(),
  aiModelUsed: job.model,
  generationPromptVersion: article.promptVersion,
});
