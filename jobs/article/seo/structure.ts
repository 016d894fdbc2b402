import { nodesOf } from "../../text/markdown.ts";
import { type Check, hasFocus, type Measured, notApplicable, passIf, rounded } from "./finding.ts";

const headingsOf = ({ blocks }: Measured) => blocks.filter(({ kind }) => kind === "heading");
const sectionHeadingsOf = (article: Measured) => headingsOf(article).filter(({ depth }) => depth === 2);

/** How the text is divided and what it links to. */
export const structureChecks: readonly Check[] = [
  {
    id: "no_h1_in_body",
    weight: 4,
    expected: "0",
    hint: "Only the title is a heading of the first level.",
    find(article) {
      const count = headingsOf(article).filter(({ depth }) => depth === 1).length;
      return passIf(count === 0, count);
    },
  },
  {
    id: "heading_levels_not_skipped",
    weight: 4,
    expected: "0",
    hint: "A heading is at most one level below the one before it.",
    find(article) {
      const depths = headingsOf(article).map(({ depth }) => depth);
      const skipped = depths.filter((depth, index) => depth > (depths[index - 1] ?? 1) + 1).length;
      return passIf(skipped === 0, skipped);
    },
  },
  {
    id: "h2_per_300_words",
    weight: 5,
    expected: "at most 300 words for each heading of the second level",
    hint: "Divide the text into more sections.",
    find(article) {
      const wordsPerHeading = article.words / Math.max(1, sectionHeadingsOf(article).length);
      return { share: Math.min(1, 300 / Math.max(1, wordsPerHeading)), value: rounded(wordsPerHeading) };
    },
  },
  {
    id: "focus_in_h2",
    weight: 5,
    expected: "at least 1",
    hint: "Use the focus keyword in the heading of a section.",
    find: (article) =>
      hasFocus(
        sectionHeadingsOf(article)
          .map(({ text }) => text)
          .join("\n"),
        article,
      ),
  },
  {
    id: "internal_link",
    weight: 5,
    expected: "at least 1",
    hint: "Link to one of the given pages where it helps the reader.",
    find({ root, offeredLinks }) {
      if (offeredLinks.length === 0) return notApplicable;
      const count = nodesOf(root, "link").length;
      return passIf(count > 0, count);
    },
  },
  {
    id: "links_allowed_https",
    weight: 4,
    expected: "0 others",
    hint: "Link only to the given addresses.",
    find({ root, offeredLinks }) {
      const allowed = new Set(offeredLinks.map((url) => new URL(url).href));
      const others = nodesOf(root, "link").filter(({ url }) => !url.startsWith("https:") || !allowed.has(url));
      return passIf(others.length === 0, others.length);
    },
  },
  {
    id: "images_have_alt",
    weight: 3,
    expected: "0 without",
    hint: "Describe each image for those who cannot see it.",
    find({ root }) {
      const images = nodesOf(root, "image");
      const silent = images.filter(({ alt }) => !alt?.trim()).length;
      return images.length === 0 ? notApplicable : passIf(silent === 0, silent);
    },
  },
];
