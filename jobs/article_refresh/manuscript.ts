import type { RootContent } from "mdast";
import { ArticleRequest } from "../article/request.ts";
import { inOrder } from "../article/write/draft.ts";
import type { Manuscript } from "../article/write/manuscript.ts";
import { nodesOf, parseMarkdown, printMarkdown, textOf, wordsOf } from "../text/markdown.ts";
import { countPhrase, distinct } from "../text/words.ts";
import type { ArticleRefreshInput, Source } from "./request.ts";

type Part = { heading: string; text: string };

/** A finished article as if it had just been written: in its parts, beside a plan that keeps what each of them says. */
export function manuscriptOf(source: Source, request: ArticleRefreshInput, language: string): Manuscript {
  const { intro, sections: all } = split(source.markdown);
  const [sections, conclusion] = [all.slice(0, -1), all.at(-1) as Part];
  const words = ({ text }: Pick<Part, "text">) => Math.max(20, wordsOf(text, language));
  const [focusKeyword = source.title, ...secondaryKeywords] = source.keywords;
  const missing = secondaryKeywords.filter((keyword) => countPhrase(source.markdown, keyword, language) === 0);
  const pages = pagesOf(source, request);
  return {
    request: ArticleRequest.parse({
      topic: { title: source.title, keywords: source.keywords, tone: request.tone },
      targetWordCount: Math.min(4000, Math.max(300, wordsOf(source.markdown, language))),
      audience: request.audience,
      brand: request.brand,
      internalLinks: pages,
      language,
    }),
    brief: {
      intent: "informational",
      audience: request.audience ?? "",
      angle: "",
      focusKeyword,
      secondaryKeywords,
      questions: [],
      mustCover: [],
      avoid: ["anything that the article does not say today"],
      productUse: [],
      titleIdeas: [],
    },
    outline: {
      metaTitle: source.metaTitle || source.title,
      metaDescription: source.metaDescription,
      handleHint: focusKeyword,
      intro: { goal: "Open the article as it does today.", targetWords: words({ text: intro }) },
      sections: sections.map(({ heading, text }, index) => ({
        id: `s${index + 1}`,
        heading,
        goal: "Say what this section says today.",
        keyPoints: [],
        // Each keyword that is missing gets a section that is to use it.
        keywords: missing.filter((_, at) => at % sections.length === index),
        questions: [],
        productIds: [],
        linkIndexes: pages.flatMap(({ url }, at) =>
          text.includes(url) || !source.markdown.includes(url) ? [at] : [],
        ),
        targetWords: words({ text }),
      })),
      conclusion: {
        heading: conclusion.heading,
        goal: "End the article as it does today.",
        cta: "",
        targetWords: words(conclusion),
      },
    },
    draft: { intro, sections: sections.map(({ text }) => text), conclusion: conclusion.text },
  };
}

/** `revised`, but each part as it was that has lost a link, an image, a table or HTML: an editor may have put it there. */
export function keepingEmbedded(original: Manuscript, revised: Manuscript): Manuscript {
  const kept = inOrder(original.draft).map((before, index) => {
    const after = inOrder(revised.draft)[index] ?? before;
    const left = embeddedIn(after);
    return embeddedIn(before).every((one) => left.includes(one)) ? after : before;
  });
  const [intro = "", ...others] = kept;
  return {
    ...revised,
    draft: { intro, sections: others.slice(0, -1), conclusion: others.at(-1) ?? "" },
  };
}

function embeddedIn(markdown: string): string[] {
  const root = parseMarkdown(markdown);
  return [
    ...nodesOf(root, "link").map(({ url }) => `link ${url}`),
    ...nodesOf(root, "image").map(({ url }) => `image ${url}`),
    ...nodesOf(root, "html").map(({ value }) => `html ${value}`),
    ...nodesOf(root, "table").map(() => "table"),
  ];
}

/** What stands before the first heading of the second level, and what stands under each of them. */
function split(markdown: string): { intro: string; sections: Part[] } {
  const groups: { heading: string; nodes: RootContent[] }[] = [{ heading: "", nodes: [] }];
  for (const node of parseMarkdown(markdown).children) {
    if (node.type === "heading" && node.depth === 2) groups.push({ heading: textOf(node), nodes: [] });
    else groups.at(-1)?.nodes.push(node);
  }
  const parts = groups.map(({ heading, nodes }) => ({
    heading,
    text: printMarkdown({ type: "root", children: nodes }),
  }));
  return { intro: parts[0]?.text ?? "", sections: parts.slice(1) };
}

const maxPages = 50;

/** The pages that the article links to today, and those that it may. */
function pagesOf({ markdown }: Source, { internalLinks }: ArticleRefreshInput): { url: string; title: string }[] {
  const today = nodesOf(parseMarkdown(markdown), "link")
    .filter(({ url }) => URL.canParse(url) && new URL(url).protocol === "https:" && url.length <= 2_000)
    .map((link) => ({
      url: link.url,
      title: textOf(link).trim().slice(0, 200).toWellFormed() || link.url.slice(0, 200),
    }));
  const urls = distinct([...today, ...internalLinks].map(({ url }) => url));
  return urls
    .flatMap((url) => [...today, ...internalLinks].find((page) => page.url === url) ?? [])
    .slice(0, maxPages);
}
