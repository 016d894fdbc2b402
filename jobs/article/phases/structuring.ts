import { definePhase } from "galley/author";
import { sectionsFor } from "../plan/lengths.ts";
import { fitOutline, OutlineAnswer } from "../plan/outline-answer.ts";
import { Plan } from "../plan/plan.ts";
import { askObject } from "../prompts.ts";
import { targetWordsOf } from "../request.ts";
import { templates } from "../templates.ts";
import { Analyzed } from "./analyzing.ts";

const task = `
Plan the article that "brief" describes:
- metaTitle: the title for search results, 30 to 60 characters, with the focus keyword near its beginning.
- metaDescription: 120 to 160 characters, with the focus keyword, saying what the reader gets.
- handleHint: 3 to 6 words in Latin letters for the address, with the focus keyword.
- intro.goal: what the opening does, following "opening".
- sections: about as many as "sectionCount" says, following "moves" where they suit the topic. For each one a heading that says something and differs from the others (one or two with the focus keyword), its goal, 2 to 6 key points, keywords of the brief that belong there, the questions of the brief that it answers, word for word, ids of products to mention, and its share of the words. No section is an introduction or a conclusion.
- conclusion: its heading, its goal following "closing", and as cta one sentence on what to do next.
Every question and every point to cover has exactly one place. Sections must not overlap.`;

/** Plans the sections, their order and their lengths. */
export const structuring = definePhase({
  name: "structuring",
  // Since requests say where to publish.
  version: 2,
  label: "Planning the sections",
  weight: 10,
  input: Analyzed,
  output: Plan,
  async run(context) {
    const { request, brief } = context.input;
    const { topic, products } = request;
    const targetWords = targetWordsOf(request);
    const { moves, opening, closing, avoid } = templates[topic.template];
    const answer = await askObject(context, {
      key: "outline",
      label: "Planning the sections",
      task,
      data: {
        language: request.language,
        title: topic.title,
        focusKeyword: brief.focusKeyword,
        keywords: brief.secondaryKeywords,
        tone: topic.tone,
        audience: brief.audience,
        brand: request.brand ?? null,
        brief,
        products: products.map(({ id, title }) => ({ id, title })),
        kindOfArticle: topic.template,
        moves,
        opening,
        closing,
        avoidInGeneral: avoid,
        targetWords,
        sectionCount: sectionsFor(targetWords),
      },
      words: 1_200,
      name: "outline",
      schema: OutlineAnswer,
    });
    return { request, brief, outline: fitOutline(answer, { request, brief, targetWords }) };
  },
});
