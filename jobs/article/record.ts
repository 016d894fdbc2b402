import type { Recorded, RecordedJob, Tx } from "galley/author";
import { findArticleWithin, keepArticle } from "../../src/content/articles.ts";
import type { PublishedArticle } from "./article.ts";

/**
 * Keeps the article, unless that was done before it was published. The job's result leaves its text out: that is read at
 * `/v1/articles/<articleId>`.
 */
export async function recordArticle(tx: Tx, job: RecordedJob, article: PublishedArticle): Promise<Recorded> {
  const known = job.articleId === null ? null : await findArticleWithin(tx, job.tenant, job.articleId);
  const { articleId, slug } = known ? { articleId: known.id, slug: known.slug } : await keep(tx, job, article);
  const { markdown: _, publish: __, wordCount, seoScore, ...shown } = article;
  return { articleId, wordCount, seoScore, result: { articleId, ...shown, handle: slug, wordCount, seoScore } };
}

const keep = (tx: Tx, job: RecordedJob, article: PublishedArticle) =>
  keepArticle(tx, {
    tenant: job.tenant,
    jobId: job.id,
    title: article.title,
    content: article.markdown,
    summary: article.summary,
    metaTitle: article.metaTitle,
    metaDescription: article.metaDescription,
    handle: article.handle,
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
