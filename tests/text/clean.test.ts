import { expect, test } from "@jest/globals";
import { cleanPart } from "../../jobs/text/clean.ts";
import { toHtml } from "../../src/content/html.ts";

const shop = "https://shop.example/care";
const clean = (markdown: string, heading: string | null = null) => cleanPart(markdown, { links: [shop], heading });

test.each([
  ["a given address stays a link", `See [care](${shop}).`, `See [care](${shop}).`],
  ["another address becomes plain text", "See [this](https://evil.example/x).", "See this."],
  ["a bare address is no link any more", "See https://evil.example/x now", "See evil.example/x now"],
  ["neither is one with www", "See www.evil.example", "See evil.example"],
  ["nor one in angle brackets", "See <https://evil.example>", "See evil.example"],
  ["nor one that is hidden in its own text", "[https://evil.example](https://evil.example)", "evil.example"],
  ["a line break of HTML parts two words", "one<br/>two<BR >three", "one two three"],
  ["a comment leaves one space", "one <!-- aside --> two", "one two"],
  ["a comment at the end leaves none", "one <!-- aside -->", "one"],
  ["a comment at the beginning leaves none", "<!-- a --> **one** two", "**one** two"],
  ["tags within a heading leave no space", "### One <span>two</span> <br>\n\nText", "### One two\n\nText"],
  ["a protocol that runs something is no link", "[x](javascript:alert(1)) [y](data:text/html,1)", "x y"],
  ["an unencrypted copy of a given address is another one", `[care](http://shop.example/care)`, "care"],
  [
    "a reference is followed before it is judged",
    `[a][1] [b][2]\n\n[1]: ${shop}\n[2]: https://evil.example`,
    `[a](${shop}) b`,
  ],
  [
    "an image leaves its description",
    "A ![loaf www.x.example](https://evil.example/1.png) here",
    "A loaf x.example here",
  ],
  ["HTML is dropped", "Some <b>bold</b> text\n\n<script>alert(1)</script>\n\nEnd", "Some bold text\n\nEnd"],
  ["nothing but HTML is nothing", "<div><p>only</p></div>", ""],
  ["high headings move down, without gaps", "# One\n\na\n\n##### Two\n\nb", "### One\n\na\n\n#### Two\n\nb"],
  ["a heading without a text is dropped", "Text\n\n## The end", "Text"],
  ["a fence around the whole answer is taken off", "```markdown\n**Text**\n```", "**Text**"],
  ["a fence around real code stays", "```js\nrun();\n```", "```js\nrun();\n```"],
  ["a footnote becomes part of the text", "Text[^1].\n\n[^1]: Note.", "Text.\n\nNote."],
  ["text after a rule or a note is not cut off", "One\n\n---\n\nNote: two", "One\n\n***\n\nNote: two"],
])("%s", (_, markdown, cleaned) => {
  expect(clean(markdown)).toBe(cleaned);
});

test("a part's own heading is not repeated", () => {
  expect(clean("## Feeding the Starter!\n\nText", "Feeding the starter")).toBe("Text");
  expect(clean("## Another\n\nText", "Feeding the starter")).toBe("### Another\n\nText");
});

test("cleaning what is clean changes nothing", () => {
  const markdown = clean(
    `# A\n\n- [x] b *c*\n\n| d | e |\n|---|---|\n| 1 | [f](${shop}) |\n\nhttps://x.example a_b_c`,
  );
  expect(clean(markdown)).toBe(markdown);
  expect(toHtml(markdown).match(/href="[^"]*"/g)).toEqual([`href="${shop}"`]);
});

test("HTML made of any Markdown can do nothing but be read", () => {
  const html = toHtml(
    [
      "# Title",
      "<script>alert(1)</script>",
      '<img src="x" onerror="alert(1)">',
      "[a](javascript:alert(1)) [b](https://b.example) [c](http://c.example) ![d](https://d.example/d.png)",
      "<style>*{display:none}</style>",
      "| e |\n| - |\n| f |",
    ].join("\n\n"),
  );
  expect(html).not.toMatch(/script|onerror|style|javascript|http:/);
  expect(html).toContain("<h1>Title</h1>");
  expect(html).toContain('<a href="https://b.example">b</a>');
  expect(html).toContain("<td>f</td>");
});
