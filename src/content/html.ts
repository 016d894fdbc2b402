import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import rehypeStringify from "rehype-stringify";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

const schema = { ...defaultSchema, protocols: { href: ["https"], src: ["https"] } };

const converter = unified()
  .use(remarkParse)
  .use(remarkGfm)
  // HTML in the Markdown is dropped here, not passed on for the sanitiser to judge.
  .use(remarkRehype)
  .use(rehypeSanitize, schema)
  .use(rehypeStringify)
  .freeze();

/** Markdown as a fragment of HTML that can do nothing but be read: no scripts, no styles, only https addresses. */
export function toHtml(markdown: string): string {
  return converter.processSync(markdown).toString();
}
