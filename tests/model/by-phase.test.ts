import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createPriceList } from "../../src/money/prices.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { counts, dialects } from "../support/dialects.ts";
import { type Fault, type FaultServer, startFaultServer, stream } from "../support/fault-server.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const prompt = { system: "", user: "go", maxOutputTokens: 100 };
const usual = relay({
  first: async ({ input, step, model }) => {
    await step("section:s1", input, () => model.text(prompt));
    return { text: await step("intro", input, () => model.text(prompt)) };
  },
  second: async ({ input, step, model }) => ({ text: await step("check", input, () => model.text(prompt)) }),
});

let type = usual;
let server: FaultServer;
let database: TestDatabase;
let galley: TestGalley;
beforeEach(async () => {
  type = usual;
  server = await startFaultServer();
  database = await createTestDatabase();
});
afterEach(async () => {
  await galley.close();
  await server.close();
  await database.drop();
});

/** Answers with the model and the tier that were asked for, or with the tier that is given. */
const serving =
  (tier?: string): Fault =>
  (response) => {
    const { model, service_tier } = server.seen.at(-1)?.body ?? {};
    const { begin, text, end } = dialects.chat;
    const lines = [...begin(), ...text("Once"), ...end("complete", counts)];
    const said = { model, service_tier: tier ?? service_tier ?? "default" };
    stream(
      lines.map((line) =>
        line.startsWith("data: {")
          ? `data: ${JSON.stringify({ ...JSON.parse(line.slice(6)), ...said })}\n\n`
          : line,
      ),
    )(response);
  };

async function run(options: object, body: object = {}) {
  // By this name OpenAI's prices hold.
  const entry = {
    provider: "openai",
    model: "gpt-6-sol",
    baseUrl: server.url,
    api: "chat",
    apiKey: "sk-test",
    options,
  };
  galley = await startTestGalley({
    jobTypes: [type],
    test: database,
    env: { MODELS: JSON.stringify([entry]) },
  });
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" }, ...body });
  const done = await whenFinished(galley, job.id);
  const { rows } = await database.query(
    "select step, model, served_tier as tier, cost, reserved_cost as reserved from provider_calls order by started_at",
  );
  return { done, rows };
}

const { costOf, reservationOf } = createPriceList();
const { reasoning: _, ...usage } = counts;
const priceOf = (model: string, tier?: string) =>
  costOf({ provider: "openai", model, usage, tier: tier ?? null, at: new Date() });

test("a phase and a kind of step have a model and options of their own, each call priced as what it was", async () => {
  server.otherwise(serving());
  const { rows, done } = await run({
    reasoningEffort: "high",
    phases: {
      second: { model: "gpt-6-luna", reasoningEffort: "low" },
      "first/section": { model: "gpt-6.1-sol", serviceTier: "priority" },
    },
  });
  expect(done.status).toBe("completed");
  const asked = server.seen.map(({ body: { model, reasoning_effort, service_tier } }) => [
    model,
    reasoning_effort,
    service_tier,
  ]);
  expect(asked).toEqual([
    ["gpt-6.1-sol", "high", "priority"],
    ["gpt-6-sol", "high", undefined],
    ["gpt-6-luna", "low", undefined],
  ]);
  // What writing into the cache of gpt-6.1-sol costs is not published.
  expect(rows).toMatchObject([
    { step: "section:s1", model: "gpt-6.1-sol", tier: "priority", cost: null },
    { step: "intro", model: "gpt-6-sol", tier: "default", cost: priceOf("gpt-6-sol") },
    { step: "check", model: "gpt-6-luna", tier: "default", cost: priceOf("gpt-6-luna") },
  ]);
});

test("a handler names a model and an effort for one call; what is set for its phase goes before them", async () => {
  server.otherwise(serving());
  const wishes = { model: "gpt-6-luna", effort: "low" } as const;
  type = relay({
    first: async ({ input, step, model }) => {
      await step("section:s1", input, () => model.text({ ...prompt, ...wishes }));
      return { text: await step("intro", input, () => model.text(prompt)) };
    },
    second: async ({ input, step, model }) => ({
      text: await step("check", input, () => model.text({ ...prompt, ...wishes })),
    }),
  });
  const { rows } = await run({ reasoningEffort: "high", phases: { second: { model: "gpt-6.1-sol" } } });
  const asked = server.seen.map(({ body }) => [body.model, body.reasoning_effort]);
  expect(asked).toEqual([
    ["gpt-6-luna", "low"],
    ["gpt-6-sol", "high"],
    ["gpt-6.1-sol", "low"],
  ]);
  expect(rows).toMatchObject([
    { step: "section:s1", model: "gpt-6-luna", cost: priceOf("gpt-6-luna") },
    { step: "intro", model: "gpt-6-sol", cost: priceOf("gpt-6-sol") },
    { step: "check", model: "gpt-6.1-sol" },
  ]);
});

test.each([
  ["flex", undefined, "flex", "0.016650000000"],
  ["priority", undefined, "priority", "0.066600000000"],
  ["flex", "default", "default", "0.033300000000"],
  ["priority", "default", "default", "0.033300000000"],
  [undefined, "priority", "priority", "0.066600000000"],
  ["flex", "of_tomorrow", "of_tomorrow", null],
  ["flex", "constructor", "constructor", null],
  // Said before one is chosen: what was asked for stands.
  ["flex", "auto", null, "0.016650000000"],
])("a call asked for as %s and served as %s is priced as %s", async (serviceTier, servedTier, tier, cost) => {
  server.otherwise(serving(servedTier));
  const { rows } = await run({ ...(serviceTier && { serviceTier }) });
  const size = {
    provider: "openai",
    model: "gpt-6-sol",
    at: new Date(),
    inputTokensEstimate: 1,
    maxOutputTokens: 100,
  };
  // A tier that is cheaper may not be there.
  const reserved = reservationOf({ ...size, tier: serviceTier === "priority" ? "priority" : null });
  expect(rows[0]).toEqual({ step: "section:s1", model: "gpt-6-sol", tier, cost, reserved });
});
