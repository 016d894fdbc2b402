import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ModelError } from "../../src/model/port/port.ts";
import { createModel, type ModelSettings } from "../../src/model/wire/openai.ts";
import { dialects } from "../support/dialects.ts";
import { type FaultServer, startFaultServer } from "../support/fault-server.ts";
import { faults, faultsOf, secret } from "./faults.ts";

let server: FaultServer;
const logged = jest.fn();

beforeEach(async () => {
  server = await startFaultServer();
  for (const level of ["debug", "log", "info", "warn", "error"] as const) {
    jest.spyOn(console, level).mockImplementation(logged);
  }
});

afterEach(async () => {
  jest.restoreAllMocks();
  await server.close();
});

describe.each(["responses", "chat"] as const)("over %s", (api) => {
  test.each([...faults, ...faultsOf[api]])("%s", async (_name, fault, code, expected = {}) => {
    server.script(fault(dialects[api]));
    const before = Date.now();

    const error = await failureOf({ api, ...expected.patience });

    expect(error.code).toBe(code);
    expect(error.message).toBe(expected.message ?? new ModelError(code).message);
    expect(error.message).not.toContain(secret);
    expect(error.httpStatus).toBe(expected.status);
    expect(error.usage).toEqual(expected.usage);
    expect(error.servedModel).toBe(expected.servedModel);
    expect(error.providerRequestId).toBe(expected.requestId);
    expectMoment(error.retryAt, expected.retryAt, before);
    expect(server.seen).toHaveLength(1);
    expect(logged).not.toHaveBeenCalled();
  });

  test("a refused connection is a network error", async () => {
    const gone = await startFaultServer();
    await gone.close();
    expect(await failureOf({ api, baseURL: gone.url })).toMatchObject({ code: "network" });
  });
});

async function failureOf(settings: Partial<ModelSettings>): Promise<ModelError> {
  const fixed = {
    provider: "openai",
    model: "gpt-6-sol",
    api: "chat",
    apiKey: "sk-test",
    baseURL: server.url,
  } as const;
  const { signal } = new AbortController();
  const request = { system: "Rules", user: "Task", maxOutputTokens: 500, signal };
  const error = await createModel({ ...fixed, ...settings })
    .generate(request)
    .then(
      () => new Error("the call succeeded"),
      (reason: unknown) => reason,
    );
  if (error instanceof ModelError) return error;
  throw error;
}

function expectMoment(actual: Date | undefined, expected: number | Date | undefined, before: number): void {
  if (typeof expected !== "number") {
    expect(actual).toEqual(expected);
    return;
  }
  expect(actual?.getTime()).toBeGreaterThanOrEqual(before + expected * 1000);
  expect(actual?.getTime()).toBeLessThanOrEqual(Date.now() + expected * 1000);
}
