import { expect, test } from "@jest/globals";
import { partsOf } from "../../src/console/app/job/text/result-parts.ts";

test("of a result its title is read first, then its texts, and below them what takes few words", () => {
  const description = "A mug that keeps its colour, for the table and for the fire, from a small workshop.";
  const { texts, facts } = partsOf({
    claims: [],
    bullets: ["Enamel", "0.3 l"],
    title: "Mug",
    wordCount: 15,
    metaTitle: "An enamel mug",
    description,
    needsReview: false,
    summary: "",
    sources: [{ url: "https://shop.example" }],
  });
  expect(texts).toEqual([
    ["title", "Mug"],
    ["description", description],
    ["bullets", ["Enamel", "0.3 l"]],
  ]);
  expect(facts).toEqual([
    ["wordCount", "15"],
    ["metaTitle", "An enamel mug"],
    ["needsReview", "No"],
  ]);
});

test("a result that is a text is read as one, and one without texts has no parts", () => {
  expect(partsOf("Done.")).toEqual({ texts: [["text", "Done."]], facts: [] });
  for (const result of [null, [1, 2], { sections: [{ id: 1 }] }])
    expect(partsOf(result)).toEqual({ texts: [], facts: [] });
});
