import { expect, test } from "@jest/globals";
import { z } from "zod";
import { jobTypes } from "../../jobs/index.ts";
import type { Schema } from "../../src/console/app/form/schema.ts";
import { changesOf, draftOf, orderOf } from "../../src/console/app/schedules/order.ts";

const article = jobTypes.find(({ type }) => type === "article");
const schema = z.toJSONSchema(article?.input ?? z.never(), { io: "input" }) as Schema;
const schedule = {
  cron: "30 6 * * MON",
  timeZone: "Europe/Berlin",
  missed: "skip",
  input: { topic: { title: "Rye", keywords: "rye, bread" }, optimizeForSEO: false, brand: { name: "Mill" } },
  tags: ["spring", "a, b"],
  maxCostUsd: "10.500000000000",
  priority: -5,
} as Parameters<typeof draftOf>[1];

test("the form of a schedule begins with what it has, and with the defaults that hold for the rest", () => {
  const draft = draftOf(schema, schedule);
  expect(draft).toMatchObject({
    times: { cron: "30 6 * * MON", timeZone: "Europe/Berlin", missed: "skip" },
    input: {
      topic: { title: "Rye", keywords: "rye, bread", tone: "professional", length: "medium" },
      optimizeForSEO: false,
      brand: { name: "Mill" },
    },
    options: { tags: "spring, a, b", maxCostUsd: "10.5", priority: "-5" },
  });
  const none = { ...schedule, tags: [], maxCostUsd: null, priority: 0 };
  expect(draftOf(schema, none).options).toMatchObject({ tags: "", maxCostUsd: "", priority: "" });
});

test("what is not changed is not sent, also where the form cannot say it as it is", () => {
  const before = draftOf(schema, schedule);
  expect(changesOf("article", before, before)).toEqual({});
  const times = { ...before.times, cron: "0 7 * * *" };
  expect(changesOf("article", before, { ...before, times })).toEqual({ cron: "0 7 * * *" });
});

test("what is emptied is sent as nothing", () => {
  const before = draftOf(schema, schedule);
  const options = { ...before.options, tags: "", maxCostUsd: " ", priority: "" };
  const after = { ...before, options };
  expect(changesOf("article", before, after)).toEqual({ tags: [], maxCostUsd: null, priority: 0 });
  expect(orderOf("article", after)).toMatchObject({ missed: "skip", tags: [], maxCostUsd: null, priority: 0 });
});
