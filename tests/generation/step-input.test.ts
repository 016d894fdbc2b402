import { expect, test } from "@jest/globals";
import { checkStepInput } from "../../src/generation/attempt/steps/step-input.ts";

const circle: { self?: object } = {};
circle.self = circle;

test.each([
  ["a Map", { seen: new Map([["a", 1]]) }, "a Map at /seen"],
  ["a Set", [new Set([1])], "a Set at /0"],
  ["an Error", { cause: new Error("no") }, "a Error at /cause"],
  ["a function", { deep: { run: () => 1 } }, "a function at /deep/run"],
  ["a number that is none", { count: Number.NaN }, "NaN at /count"],
  ["a BigInt", 1n, "a bigint at its top"],
  ["a circle", circle, "a circle at /self"],
])("a step's input with %s is refused, with its place", (_name, input, told) => {
  expect(() => checkStepInput("chapter:1", input)).toThrow(
    `The input of the step "chapter:1" has ${told}, which JSON does not distinguish from others.`,
  );
});

test("what JSON can say is taken", () => {
  const shared = { same: true };
  const input = {
    text: "a",
    list: [1, null, undefined],
    at: new Date(0),
    bare: Object.create(null),
    twice: [shared, shared],
  };
  expect(() => checkStepInput("chapter:1", input)).not.toThrow();
  expect(() => checkStepInput("chapter:1", undefined)).not.toThrow();
});
