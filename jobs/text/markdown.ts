import type { Heading, Nodes, Root, RootContent } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkStringify from "remark-stringify";
import { unified } from "unified";
import { countWords } from "./words.ts";

const parser = unified().use(remarkParse).use(remarkGfm).freeze();
const printer = unified().use(remarkGfm).use(remarkStringify, { bullet: "-" }).freeze();

export const parseMarkdown = (markdown: string): Root => parser.parse(markdown);
export const printMarkdown = (root: Root): string => printer.stringify(root).trim();

/** A heading with a text that is escaped where Markdown would read it as markup. */
export const headingNode = (depth: Heading["depth"], text: string): Heading => ({
  type: "heading",
  depth,
  children: [{ type: "text", value: text }],
});

/** A piece of running text: a paragraph, a heading, a cell of a table or a block of code. */
export type Block = { kind: "paragraph" | "heading" | "tableCell" | "code"; depth: number; text: string };

/** The text of a document in its order, without markup. */
export function blocksOf(node: Nodes): Block[] {
  switch (node.type) {
    case "heading":
      return [{ kind: "heading", depth: node.depth, text: textOf(node) }];
    case "paragraph":
    case "tableCell":
      return [{ kind: node.type, depth: 0, text: textOf(node) }];
    case "code":
      return [{ kind: "code", depth: 0, text: node.value }];
    default:
      return "children" in node ? node.children.flatMap(blocksOf) : [];
  }
}

/** The whole text, its blocks on lines of their own. */
export const plainText = (root: Root): string =>
  blocksOf(root)
    .map(({ text }) => text)
    .join("\n");

/** The words of a text in Markdown, its headings included. */
export const wordsOf = (markdown: string, language: string): number =>
  countWords(plainText(parseMarkdown(markdown)), language);

/** All nodes of a kind, in their order. */
export function nodesOf<Type extends Nodes["type"]>(node: Nodes, type: Type): Extract<Nodes, { type: Type }>[] {
  const below = "children" in node ? node.children.flatMap((child) => nodesOf(child, type)) : [];
  return node.type === type ? [node as Extract<Nodes, { type: Type }>, ...below] : below;
}

/** The text inside of a block, without markup. */
export function textOf(node: Nodes): string {
  if ("value" in node) return node.type === "html" ? "" : node.value;
  if (node.type === "break") return " ";
  return "children" in node ? (node.children as RootContent[]).map(textOf).join("") : "";
}
