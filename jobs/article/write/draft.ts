import type { RootContent } from "mdast";
import { z } from "zod";
import { headingNode, parseMarkdown, printMarkdown } from "../../text/markdown.ts";
import type { Outline } from "../plan/outline.ts";

/** The parts of the article in Markdown, each without its own heading. */
export const Draft = z.object({
  intro: z.string(),
  /** In the outline's order. */
  sections: z.array(z.string()),
  conclusion: z.string(),
});
export type Draft = z.output<typeof Draft>;

/** The whole article without its title, in Markdown. */
export function assemble(outline: Outline, draft: Draft): string {
  const children: RootContent[] = [
    ...nodesOfPart(draft.intro),
    ...outline.sections.flatMap(({ heading }, index) => [
      headingNode(2, heading),
      ...nodesOfPart(draft.sections[index] ?? ""),
    ]),
    headingNode(2, outline.conclusion.heading),
    ...nodesOfPart(draft.conclusion),
  ];
  return printMarkdown({ type: "root", children });
}

/** One item for each part, in the order of the article: introduction, sections, conclusion. */
export const inOrder = <Item>(parts: { intro: Item; sections: Item[]; conclusion: Item }): Item[] => [
  parts.intro,
  ...parts.sections,
  parts.conclusion,
];

export const draftOf = (texts: string[]): Draft => ({
  intro: texts[0] ?? "",
  sections: texts.slice(1, -1),
  conclusion: texts.at(-1) ?? "",
});

const nodesOfPart = (markdown: string): RootContent[] => parseMarkdown(markdown).children;
