import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { faultNames } from "../../src/demo/fault.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { createModel } from "../../src/model/wire/openai.ts";

let demo: DemoModel;
beforeAll(async () => {
  demo = await startDemoModel();
});
afterAll(() => demo.close());

describe.each(["responses", "chat"] as const)("over %s", (api) => {
  test.each([
    ["401", "invalid_api_key"],
    ["429", "rate_limited"],
    ["500", "provider_error"],
    ["503", "overloaded"],
    ["refuse", "content_refused"],
    ["stall", "timeout"],
    ["cut", "network"],
    ["truncate", "invalid_output"],
  ])("the model demo-1:%s fails with %s", async (fault, code) => {
    expect(faultNames).toContain(fault);
    await expect(ask(`demo-1:${fault}`)).rejects.toMatchObject({ code });
  });

  test("a number says at which requests it fails", async () => {
    const outcomes = [];
    for (let request = 0; request < 6; request++) {
      outcomes.push(
        await ask(`${api}:500/3`).then(
          () => "well",
          (error: { code: string }) => error.code,
        ),
      );
    }
    expect(outcomes).toEqual(["provider_error", "well", "well", "provider_error", "well", "well"]);
  });

  test.each(["demo-1", "qwen3:8b", "demo-1:4290", "demo-1:429/0", "429"])(
    "the model %s does not fail",
    async (name) => {
      expect(await ask(name)).toMatchObject({ servedModel: name, text: expect.stringMatching(/\w/) });
    },
  );

  function ask(model: string) {
    const patience = model.endsWith("stall") ? { headerTimeoutMs: 300 } : {};
    const port = createModel({ provider: "demo", model, api, apiKey: "", baseURL: demo.baseURL, ...patience });
    const { signal } = new AbortController();
    return port.generate({ system: "Be brief.", user: "Write 40 words about bees.", maxOutputTokens: 500, signal });
  }
});

test("the page of commands names every fault", async () => {
  const readme = await readFile(new URL("../../scripts/README.md", import.meta.url), "utf8");
  const row = readme.split("\n").find((line) => line.includes("npm run sim")) ?? "";
  for (const name of faultNames) expect(row).toContain(name);
});
