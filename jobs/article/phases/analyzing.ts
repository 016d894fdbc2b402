import { definePhase } from "galley/author";
import { z } from "zod";
import { languageOfTitle } from "../../text/language.ts";
import { Brief, fitBrief } from "../plan/brief.ts";
import { askObject } from "../prompts.ts";
import { ArticleInput, ArticleRequest, targetWordsOf } from "../request.ts";
import { templates } from "../templates.ts";

export const Analyzed = z.object({ request: ArticleRequest, brief: Brief });

const task = `
Decide what this article should be, before anything is written. Fill in a brief:
- intent: what the reader wants who searches for this.
- audience: who they are and what they already know. angle: what makes this article worth reading among others.
- focusKeyword: the phrase to be found by, the first of "keywords" if there are any. secondaryKeywords: 3 to 8 related phrases, those given first.
- questions: 3 to 8 questions that the article must answer. mustCover: points without which it would be incomplete.
- avoid: what must not be claimed, since no given fact backs it, and what "avoidInGeneral" says.
- productUse: only products that help this reader, by their id, each with the facts to use, word for word. Empty if none fits.
- titleIdeas: 3 to 5 titles of 30 to 60 characters with the focus keyword.`;

/** Decides what the article is to be: for whom, from which side, with which keywords. */
export const analyzing = definePhase({
  name: "analyzing",
  // Since requests say where to publish.
  version: 2,
  label: "Analyzing the topic",
  weight: 10,
  input: ArticleInput,
  output: Analyzed,
  async run(context) {
    const { topic, products, internalLinks } = context.input;
    const language = context.input.language ?? (await languageOfTitle(topic.title, topic.keywords));
    const request = { ...context.input, language };
    const { purpose, avoid } = templates[topic.template];
    const answer = await askObject(context, {
      key: "brief",
      label: "Deciding on angle and keywords",
      task,
      data: {
        language,
        title: topic.title,
        keywords: topic.keywords,
        tone: topic.tone,
        audience: request.audience ?? null,
        brand: request.brand ?? null,
        kindOfArticle: topic.template,
        purpose,
        avoidInGeneral: avoid,
        targetWords: targetWordsOf(request),
        products,
        relatedPages: internalLinks.map(({ title }) => title),
      },
      words: 600,
      name: "brief",
      schema: Brief,
    });
    return { request, brief: fitBrief(answer, request) };
  },
});
