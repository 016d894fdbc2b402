import type { Heading, Root, RootContent } from "mdast";
import { nodesOf, parseMarkdown, printMarkdown, textOf } from "./markdown.ts";
import { withoutAddresses } from "./words.ts";

/**
 * What a model wrote as one part of a text, made safe to stand under the part's heading: no HTML, images or
 * footnotes, headings from the third level on, links only to `links`. Of other links the words stay. If the text begins
 * with `heading`, the part's own, that repetition is dropped.
 */
export function cleanPart(
  markdown: string,
  { links, heading }: { links: string[]; heading: string | null },
): string {
  const root = unfenced(parseMarkdown(markdown));
  const children = rewrite(root.children, linkRules(root, links));
  const [first] = children;
  if (first?.type === "heading" && heading !== null && sameText(textOf(first), heading)) children.shift();
  return printMarkdown({ type: "root", children: withoutTrailingHeadings(levelled(children)) });
}

type LinkRules = { allowed: Set<string>; definitions: Map<string, string> };

function linkRules(root: Root, links: string[]): LinkRules {
  return {
    allowed: new Set(links.map(hrefOf).filter((href) => href !== "")),
    definitions: new Map(nodesOf(root, "definition").map(({ identifier, url }) => [identifier, url])),
  };
}

function rewrite(nodes: readonly RootContent[], rules: LinkRules): RootContent[] {
  return nodes.flatMap((node) => rewriteNode(node, rules));
}

function rewriteNode(node: RootContent, rules: LinkRules): RootContent[] {
  switch (node.type) {
    case "html": {
      if (isLineBreak.test(node.value)) return [{ type: "text", value: " " }];
      // A line that begins with a comment is HTML as a whole, by the rules of Markdown.
      const rest = node.value.replaceAll(comments, "");
      return rest === node.value || rest.trim() === "" ? [] : rewrite(parseMarkdown(rest).children, rules);
    }
    case "definition":
    case "footnoteReference":
      return [];
    case "image":
    case "imageReference":
      return node.alt ? [{ type: "text", value: withoutAddresses(node.alt) }] : [];
    case "footnoteDefinition":
      return rewrite(node.children, rules);
    case "text":
      return [
        { ...node, value: rules.allowed.has(hrefOf(node.value)) ? node.value : withoutAddresses(node.value) },
      ];
    case "link":
    case "linkReference": {
      const children = rewrite(node.children, rules);
      const href = hrefOf(node.type === "link" ? node.url : (rules.definitions.get(node.identifier) ?? ""));
      return rules.allowed.has(href) ? [{ type: "link", url: href, children } as RootContent] : children;
    }
    default: {
      if (!("children" in node)) return [node];
      const children = joined(rewrite(node.children, rules));
      const isEmpty = children.every((child) => textOf(child).trim() === "" && !("children" in child));
      return isEmpty && node.type !== "tableCell" ? [] : [{ ...node, children } as RootContent];
    }
  }
}

const comments = /<!--.*?-->/gs;
const isLineBreak = /^<br\s*\/?>$/i;

/**
 * Makes one text of those beside each other, since something between them was left out: one space where there were more,
 * and none at the ends, where it would be printed as a character reference.
 */
function joined(nodes: readonly RootContent[]): RootContent[] {
  const merged: RootContent[] = [];
  for (const node of nodes) {
    const last = merged.at(-1);
    if (node.type === "text" && last?.type === "text") {
      merged[merged.length - 1] = { type: "text", value: `${last.value}${node.value}`.replace(/ {2,}/g, " ") };
    } else merged.push(node);
  }
  const [first, last] = [merged[0], merged.at(-1)];
  if (first?.type === "text") first.value = first.value.trimStart();
  if (last?.type === "text") last.value = last.value.trimEnd();
  return merged;
}

/** The usual spelling of an https address. Empty for any other address. */
function hrefOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed?.protocol === "https:" ? parsed.href : "";
}

function levelled(nodes: RootContent[]): RootContent[] {
  let above = 2;
  return nodes.map((node) => {
    if (node.type !== "heading") return node;
    above = Math.min(Math.max(node.depth, 3), above + 1);
    return { ...node, depth: above as Heading["depth"] };
  });
}

function withoutTrailingHeadings(nodes: RootContent[]): RootContent[] {
  const last = nodes.findLastIndex(({ type }) => type !== "heading" && type !== "thematicBreak");
  return nodes.slice(0, last + 1);
}

/** Many models wrap their Markdown in a code fence: takes the text out of it. */
function unfenced(root: Root): Root {
  const [only, ...others] = root.children;
  const isFence = only?.type === "code" && others.length === 0 && /^(?:markdown|md|)$/.test(only.lang ?? "");
  return isFence ? parseMarkdown(only.value) : root;
}

const sameText = (one: string, other: string): boolean => letters(one) === letters(other);
const letters = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
