import type { Script as Answering } from "galley/testing";
import type { Brief } from "../../jobs/article/plan/brief.ts";
import type { OutlineAnswer } from "../../jobs/article/plan/outline-answer.ts";
import type { Claim } from "../../jobs/text/claims.ts";

/** What a scripted model answers, where it differs from the usual. */
export type Script = {
  brief?: Partial<Brief>;
  outline?: Partial<OutlineAnswer>;
  head?: { metaTitle: string; metaDescription: string; heading: string };
  claims?: Claim[];
  /** A part's text. Default: as many words as it should have, with the focus keyword. */
  text?: (data: PromptData) => string;
};

export type PromptData = {
  heading: string | null;
  focusKeyword: string;
  targetWords: number;
  keywords?: string[];
  problems?: string[];
  draft?: string;
  links: { url: string }[];
};

export const brief: Brief = {
  intent: "informational",
  audience: "people who bake at home",
  angle: "patience instead of tricks",
  focusKeyword: "sourdough bread",
  secondaryKeywords: ["starter", "proofing", "oven spring"],
  questions: ["How long does it take?", "Which flour is best?"],
  mustCover: ["feeding the starter"],
  avoid: ["health claims"],
  productUse: [],
  titleIdeas: ["Sourdough Bread at Home, Without Any Tricks"],
};

export const outline: OutlineAnswer = {
  metaTitle: "Sourdough Bread: A Calm Guide for Home Bakers",
  metaDescription:
    "Sourdough bread needs time, not talent. Learn how to feed a starter, how long proofing takes and what makes a loaf rise in an ordinary oven.",
  handleHint: "sourdough bread guide",
  intro: { goal: "Promise a loaf" },
  sections: ["Feeding the starter", "Proofing sourdough bread", "Oven spring in a home oven"].map((heading) => ({
    heading,
    goal: `Explain: ${heading}`,
    keyPoints: ["time", "warmth"],
    keywords: [],
    questions: [],
    productIds: [],
    targetWords: 200,
  })),
  conclusion: { heading: "Your next loaf", goal: "Encourage", cta: "Feed a starter today." },
};

/** A model that answers at once and always well, except where the script says otherwise. */
export function scripted(script: Script = {}): Answering {
  return ({ user, name }) => {
    const data = dataOf(user);
    switch (name) {
      case "brief":
        return JSON.stringify({ ...brief, ...script.brief });
      case "outline":
        return JSON.stringify({ ...outline, ...script.outline });
      case "head":
        return JSON.stringify(script.head ?? { metaTitle: "", metaDescription: "", heading: "" });
      case "claims":
        return JSON.stringify({ claims: script.claims ?? [] });
      default:
        return (script.text ?? usualText)(data);
    }
  };
}

export const usualText = ({ focusKeyword, targetWords, keywords = [] }: PromptData): string =>
  textOf(targetWords, `${focusKeyword} is about ${["time", ...keywords].join(" and ")}`);

/** So many words in short sentences and paragraphs, the given ones first. */
export function textOf(words: number, beginning = ""): string {
  const given = beginning.split(" ").filter((word) => word !== "");
  const all = [...given, ...Array.from({ length: Math.max(0, words - given.length) }, () => "dough")];
  const sentences = chunked(all, 10).map((sentence) => `${capitalised(sentence.join(" "))}.`);
  return chunked(sentences, 6)
    .map((paragraph) => paragraph.join(" "))
    .join("\n\n");
}

/** The block of JSON at the end of a prompt. */
export function dataOf(user: string): PromptData {
  return JSON.parse(user.slice(user.indexOf("\n{") + 1, user.lastIndexOf("}") + 1));
}

const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const chunked = <Item>(items: Item[], size: number): Item[][] =>
  items.length === 0 ? [] : [items.slice(0, size), ...chunked(items.slice(size), size)];
