import { expect, test } from "@jest/globals";
import { type Call, createBench, runPhase, type Script } from "galley/testing";
import { comparing, Revision } from "./comparing.ts";
import { articleRefresh } from "./index.ts";
import { reviewing } from "./reviewing.ts";
import { revising } from "./revising.ts";

const short = "It wants a warm place.";
const many = (sentence: string, count: number) => Array.from({ length: count }, () => sentence).join(" ");
const article = {
  title: "Sourdough bread at home",
  markdown: `${short}

## The starter

${many("Feed it each day with flour and water.", 8)}

## The oven

See [the stone](https://shop.example/stone). ${many("Heat it well before the loaf goes in, and keep it closed.", 6)}

![A loaf](https://shop.example/loaf.png)

## Your next loaf

${many(short, 6)}`,
  metaTitle: "Sourdough",
  keywords: ["sourdough bread", "starter", "proofing"],
};

const dataOf = ({ user }: Call) => JSON.parse(user.slice(user.indexOf("\n{") + 1));

/** Writes parts with the focus keyword, and a head that fits. */
const writer =
  (claims: object[] = []): Script =>
  (call) => {
    if (call.name === "claims") return { claims };
    if (call.name === "head") {
      return {
        metaTitle: "Sourdough bread at home, step by step",
        metaDescription: `Sourdough bread is easy. ${many("You need flour, water and time.", 4)}`.slice(0, 150),
        heading: "The starter of a sourdough bread",
      };
    }
    const { targetWords, keywords = [] } = dataOf(call);
    const first = `Sourdough bread needs ${["time", ...keywords].join(" and ")}.`;
    return `${first} ${many("You wait for it.", Math.max(1, Math.round((targetWords - 6) / 4)))}`;
  };

test("a revision passes more checks than the article, and shows what it changes", async () => {
  const bench = createBench(writer([{ quote: "You wait for it.", reason: "Do you?", severity: "low" }]));
  const revision = Revision.parse(await bench.run(articleRefresh, { article, language: "en" }));
  expect(revision.seoScore).toBeGreaterThan(revision.seoScoreBefore);
  const ids = (checks: { id: string }[]) => checks.map(({ id }) => id);
  expect(ids(revision.weakBefore)).toEqual(expect.arrayContaining(["title_length", "focus_in_first_100_words"]));
  expect(ids(revision.weak)).not.toContain("title_length");
  expect(revision).toMatchObject({
    articleId: null,
    isChanged: true,
    metaTitle: "Sourdough bread at home, step by step",
  });
  expect(revision.diff).toContain("-Feed it each day");
  expect(revision.diff).toContain("+Sourdough bread needs");
  expect(revision.claims).toEqual([expect.objectContaining({ quote: "You wait for it." })]);
});

test("a part that would lose a link or an image stays as it was", async () => {
  const revision = Revision.parse(
    await createBench(writer()).run(articleRefresh, { article, language: "en", maxRevisions: 5 }),
  );
  expect(revision.markdown).toContain("See [the stone](https://shop.example/stone).");
  expect(revision.markdown).toContain("![A loaf](https://shop.example/loaf.png)");
});

test("what the article already said is no new claim, and an article that stays the same has no diff", async () => {
  const { output: reviewed, calls } = await runPhase(reviewing, { article, language: "en" });
  expect(calls).toEqual([]);
  const same = await runPhase(comparing, { ...reviewed, revised: reviewed.original });
  expect(same.output).toMatchObject({ isChanged: false, diff: "", claims: [] });
  expect(same.calls).toEqual([]);
  const { output: revised } = await runPhase(revising, reviewed, writer());
  const old = [{ quote: "Feed it each day with flour and water.", reason: "Says who?", severity: "low" }];
  expect((await runPhase(comparing, revised, writer(old))).output.claims).toEqual([]);
});

test.each([
  [{}, "expected articleId or article"],
  [{ article: { ...article, markdown: "No sections." } }, "must have a section"],
  [
    { article: { ...article, markdown: "## One\n\n[x][1]\n\n[1]: https://shop.example" } },
    "must write its links inline",
  ],
])("an article that cannot be revised is refused: %#", (input, message) => {
  expect(articleRefresh.input.safeParse(input).error?.message).toContain(message);
});
