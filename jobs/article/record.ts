import type { Recorded, RecordedJob, Tx } from "galley/author";
import { keepArticle } from "../../src/content/articles.ts";
import type { Article } from "./article.ts";

/** Keeps the article. The job's result leaves its text out: that is read at `/v1/articles/<articleId>`. */
export async function recordArticle(tx: Tx, job: RecordedJob, article: Article): Promise<Recorded> {
  const { articleId, slug } = await keepArticle(tx, {
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
  const { markdown: _, wordCount, seoScore, ...shown } = article;
  return { articleId, wordCount, seoScore, result: { articleId, ...shown, handle: slug, wordCount, seoScore } };
}
