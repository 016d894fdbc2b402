import { definePhase } from "galley/author";
import { parseMarkdown, plainText, wordsOf } from "../../text/markdown.ts";
import { clip, distinct, plainLine, sentencesOf } from "../../text/words.ts";
import { Article } from "../article.ts";
import { promptVersion } from "../prompts.ts";
import { scoreSeo } from "../seo/score.ts";
import { scoredOf } from "../write/manuscript.ts";
import { Optimized } from "./optimizing.ts";

const wordsPerMinute = 238;
const maxTags = 8;

/** Puts the article together, without asking a model: the same draft always gives the same article. */
export const finalizing = definePhase({
  name: "finalizing",
  label: "Finishing the article",
  weight: 5,
  input: Optimized,
  output: Article,
  async run({ input, job }) {
    const { request, brief, draft, claims } = input;
    const scored = scoredOf(input, job.id);
    const { markdown, metaTitle, metaDescription, handle, targetWords } = scored;
    const seoReport = scoreSeo(scored);
    const wordCount = wordsOf(markdown, request.language);
    const keywords = distinct([brief.focusKeyword, ...brief.secondaryKeywords]);
    return {
      // The title is the user's, as it was given. The model's is for search results.
      title: plainLine(request.topic.title, 200) || metaTitle,
      handle,
      metaTitle,
      metaDescription,
      summary: summaryOf(draft.intro, request.language),
      markdown,
      language: request.language,
      template: request.topic.template,
      tags: keywords.slice(0, maxTags),
      targetKeywords: keywords,
      titleIdeas: brief.titleIdeas,
      wordCount,
      targetWordCount: targetWords,
      readingMinutes: Math.max(1, Math.ceil(wordCount / wordsPerMinute)),
      seoScore: seoReport.score,
      seoReport,
      claims,
      needsReview: claims.length > 0,
      promptVersion,
      publish: request.publish,
    };
  },
});

/** The introduction's first sentences. */
function summaryOf(intro: string, language: string): string {
  const [first = "", second = ""] = sentencesOf(plainText(parseMarkdown(intro)), language);
  return clip(`${first} ${second}`.trim(), 300);
}
