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
    case "html":
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
      const children = rewrite(node.children, rules);
      const isEmpty = children.every((child) => textOf(child).trim() === "" && !("children" in child));
      return isEmpty && node.type !== "tableCell" ? [] : [{ ...node, children } as RootContent];
    }
  }
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
