import { z } from "zod";
import { Count, Time, Uuid } from "../basics.ts";

const Publication = z
  .object({
    shop: z.string(),
    blogId: z.string(),
    shopifyId: z.string().nullable().meta({ description: "`gid://shopify/Article/…`; null while it is not there" }),
    handle: z.string().meta({ description: "The last part of its address there" }),
    state: z.enum(["creating", "draft", "live"]),
    updatedAt: Time,
  })
  .meta({ id: "Publication" });

/** An article, as `viewArticle` gives it. */
export const Article = z
  .object({
    id: Uuid,
    jobId: z.string().nullable(),
    title: z.string(),
    markdown: z.string(),
    summary: z.string().nullable(),
    metaTitle: z.string().nullable(),
    metaDescription: z.string().nullable(),
    slug: z.string(),
    status: z.string(),
    needsReview: z.boolean().meta({ description: "An editor must verify something before it is published" }),
    tags: z.array(z.string()),
    targetKeywords: z.array(z.string()),
    shopifyBlogId: z.string().nullable(),
    shopifyArticleId: z.string().nullable(),
    scheduledPublishDate: Time.nullable(),
    seoScore: Count.nullable(),
    wordCount: Count.nullable(),
    readingTime: Count.nullable().meta({ description: "Minutes" }),
    sourceTopicId: Uuid.nullable(),
    generationStartedAt: Time.nullable(),
    generationCompletedAt: Time.nullable(),
    aiModelUsed: z.string().nullable(),
    generationPromptVersion: z.string().nullable(),
    createdAt: Time,
    updatedAt: Time,
    publishedAt: Time.nullable(),
    publications: z.array(Publication).meta({ description: "In which blogs it is, the latest first" }),
  })
  .meta({ id: "Article" });
