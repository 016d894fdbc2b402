import { expect, test } from "@jest/globals";
import { answers, createBench, runJob, runPhase } from "galley/testing";
import { describing } from "./describing.ts";
import { productDescription } from "./index.ts";
import type { ProductText } from "./text.ts";

const product = { id: "apron-1", title: "Linen apron", facts: ["100 % linen", "two pockets"] };
const words = (count: number) => Array.from({ length: count }, () => "linen").join(" ");
const text = (more: Partial<ProductText> = {}): ProductText => ({
  title: "Linen apron with two pockets",
  description: `The apron is made of linen and has two pockets. ${words(70)}.`,
  bullets: ["100 % linen", "Two pockets"],
  metaTitle: "Linen apron with two pockets",
  metaDescription: "An apron of pure linen with two pockets.",
  ...more,
});

test("a product is described once if nothing is wrong with it", async () => {
  const { output, steps } = await runPhase(describing, { product, language: "en" }, answers(text()));
  expect(output.text).toEqual(text());
  expect(steps.map(({ key }) => key)).toEqual(["text"]);
});

test("what a model writes is cut to what a shop's page can show", async () => {
  const given = text({
    title: "# **Linen** apron <b>!</b>",
    description: `${text().description} [buy](https://evil.example) ![x](y.png)`,
    bullets: ["100 % linen", "100 % LINEN", "- Two pockets", "x".repeat(300)],
    metaTitle: "x".repeat(80),
  });
  const { output } = await runPhase(describing, { product, language: "en" }, answers(given));
  expect(output.text.title).toBe("**Linen** apron !");
  expect(output.text.description).not.toMatch(/evil|<|!\[/);
  expect(output.text.bullets.slice(0, 2)).toEqual(["100 % linen", "- Two pockets"]);
  expect(output.text.bullets[2]?.length).toBeLessThanOrEqual(160);
  expect(output.text.metaTitle.length).toBeLessThanOrEqual(60);
});

test("a description with problems is written once more, and the better one is kept", async () => {
  const brand = { name: "Loom", banned: ["cheap"] };
  const bad = text({ description: "A cheap apron." });
  const { output, calls } = await runPhase(describing, { product, language: "en", brand }, answers(bad, text()));
  expect(output.text).toEqual(text());
  expect(calls[1]?.user).toContain('It uses \\"cheap\\", which the brand never does.');
  expect(calls[1]?.user).toContain("The description has 3 words, and should have 80.");
});

test("an answer without a usable description is not kept", async () => {
  const bench = createBench(answers(text({ description: "<div></div>" }), text()));
  const run = (attempt: number) => bench.runPhase(describing, { product, language: "en" }, { attempt });
  await expect(run(1)).rejects.toMatchObject({ code: "invalid_output", retryable: true });
  expect(await run(2)).toMatchObject({ text: text() });
});

test("a job gives the text, what an editor must verify, and what it cost", async () => {
  const claims = [
    { quote: "The apron is made of linen and has two pockets.", reason: "Check it.", severity: "low" },
    { quote: "It won a prize.", reason: "Invented.", severity: "high" },
  ];
  const script = answers(text(), { claims });
  const { job } = await runJob(productDescription, { product, language: "en" }, { script });
  expect(job).toMatchObject({
    status: "completed",
    resultData: { ...text(), productId: "apron-1", wordCount: 80, claims: claims.slice(0, 1), needsReview: true },
  });
  expect(Number(job.cost)).toBeGreaterThan(0);
});
