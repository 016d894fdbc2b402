import { z } from "zod";
import { ArticleInput } from "../article/request.ts";
import { Brand, Keywords, Language, line } from "../text/fields.ts";
import { nodesOf, parseMarkdown } from "../text/markdown.ts";

const Markdown = z
  .string()
  .trim()
  .max(100_000)
  .refine((text) => !text.includes("\u0000") && text.isWellFormed(), "must be well-formed Unicode without NUL")
  .refine((text) => sectionCountOf(text) > 0, "must have a section: a heading of the second level (##)")
  .refine((text) => sectionCountOf(text) <= 30, "must have at most 30 sections")
  // The model revises one section at a time, and does not see definitions that stand in another one.
  .refine((text) => nodesOf(parseMarkdown(text), "definition").length === 0, "must write its links inline");

const sectionCountOf = (markdown: string): number =>
  parseMarkdown(markdown).children.filter((node) => node.type === "heading" && node.depth === 2).length;

/** An article as it is today. */
export const Source = z.strictObject({
  title: line(200, 3),
  /** Without the title. */
  markdown: Markdown,
  metaTitle: line(200, 0).default(""),
  metaDescription: line(500, 0).default(""),
  /** The first is the focus keyword. */
  keywords: Keywords.default([]),
});
export type Source = z.output<typeof Source>;

/** The input of a job of the type `article_refresh`. */
export const ArticleRefreshInput = z
  .strictObject({
    /** An article that Galley keeps. */
    articleId: z.uuid().optional(),
    /** In its place, or as `articleId` was found when the job was submitted. */
    article: Source.optional(),
    tone: line(100).default("professional"),
    audience: line(500).optional(),
    /** Without it, that of the title if it leaves no doubt, else English. */
    language: Language.optional(),
    brand: Brand.optional(),
    /** Pages that the article may link to beside those that it links to today. */
    internalLinks: ArticleInput.shape.internalLinks,
    /** How many sections the model may revise: those whose weak checks cost the score most. */
    maxRevisions: z.int().min(1).max(5).default(3),
  })
  .refine(({ articleId, article }) => articleId !== undefined || article !== undefined, {
    path: ["articleId"],
    message: "expected articleId or article",
  });
export type ArticleRefreshInput = z.output<typeof ArticleRefreshInput>;
