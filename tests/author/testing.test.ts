import { expect, test } from "@jest/globals";
import { defineJob, definePhase, PermanentError } from "galley/author";
import { answers, crashEverywhere, createBench, fault, faultAt, runJob, runPhase, stream } from "galley/testing";
import { z } from "zod";
import { errorOfFault } from "../../src/author/testing/scripted-model.ts";
import { startScriptedServer } from "../../src/author/testing/scripted-server.ts";
import { faultNames } from "../../src/demo/fault.ts";
import { jobErrors } from "../../src/errors.ts";
import { createModel } from "../../src/model/wire/openai.ts";

const prompt = { system: "You cook.", maxOutputTokens: 500 };
const Plan = z.object({ dish: z.string(), courses: z.array(z.string()) });

const planning = definePhase({
  name: "planning",
  input: z.object({ dish: z.string() }),
  output: Plan,
  async run({ input, step, model, log }) {
    const schema = z.object({ courses: z.array(z.string()) });
    const { courses } = await step("plan", input, () =>
      model.object({ ...prompt, user: input.dish, name: "plan", schema }),
    );
    log.info("planned", { courses: courses.length });
    return { ...input, courses };
  },
});

const cooking = definePhase({
  name: "cooking",
  input: Plan,
  output: z.object({ text: z.string() }),
  async run({ input, step, model, progress }) {
    const texts: string[] = [];
    for (const course of input.courses) {
      texts.push(await step(`course:${course}`, course, () => model.text({ ...prompt, user: course })));
      await progress({ done: texts.length, of: input.courses.length, currentStep: `Cooked ${course}` });
    }
    return { text: texts.join(" ") };
  },
});

const about = { description: "For tests.", input: z.object({ dish: z.string() }) };
const dinner = defineJob({
  ...about,
  type: "dinner",
  phases: [planning, cooking],
});

test("a phase runs as a plain function with a model that answers by a script", async () => {
  const ran = await runPhase(planning, { dish: "Soup" }, answers("no JSON", { courses: ["onions", "stock"] }));
  expect(ran.output).toEqual({ dish: "Soup", courses: ["onions", "stock"] });
  expect(ran.steps).toMatchObject([{ phase: "planning", key: "plan", output: { courses: ["onions", "stock"] } }]);
  expect(ran.calls.map(({ number, name }) => [number, name])).toEqual([
    [1, "plan"],
    [2, "plan"],
  ]);
  expect(ran.calls[1]?.user).toContain("Your last answer was not usable: The model's answer is not JSON.");
  expect(ran.log).toEqual([{ level: "info", event: "planned", facts: { courses: 2 } }]);
});

test("what a run has paid for is found again by the next one, as in the service", async () => {
  const input = { dish: "Soup", courses: ["one", "two"] };
  const bench = createBench(answers("First.", fault("500"), "Second."));
  await expect(bench.runPhase(cooking, input)).rejects.toMatchObject({ code: "provider_error" });
  expect(await bench.runPhase(cooking, input, { attempt: 2 })).toEqual({ text: "First. Second." });
  expect(bench.calls.map(({ user }) => user)).toEqual(["one", "two", "two"]);
  expect(bench.progress.map(({ currentStep }) => currentStep)).toEqual(["Cooked one", "Cooked one", "Cooked two"]);
});

test("a script of too few answers, a call outside of a step and an aborted run end the phase", async () => {
  const input = { dish: "Soup", courses: ["one", "two"] };
  await expect(runPhase(cooking, input, answers("First."))).rejects.toThrow("1 answers, and this is call 2");
  const careless = definePhase({
    ...cooking,
    run: async ({ model }) => ({ text: await model.text({ ...prompt, user: "" }) }),
  });
  await expect(runPhase(careless, input)).rejects.toThrow(PermanentError);
  const abort = new AbortController();
  const stalled = runPhase(cooking, input, faultAt(1, "stall"), { signal: abort.signal });
  abort.abort(new Error("cancelled"));
  await expect(stalled).rejects.toThrow("cancelled");
});

test.each(faultNames.filter((name) => name !== "stall"))("%s is the same in memory as over HTTP", async (name) => {
  const server = await startScriptedServer(() => fault(name));
  const port = createModel({
    provider: "demo",
    model: "demo-1",
    api: "responses",
    apiKey: "none",
    baseURL: server.baseURL,
  });
  const { signal } = new AbortController();
  const { code } = await port.generate({ ...prompt, user: "", signal }).catch((error) => error);
  await server.close();
  const inMemory = errorOfFault[name];
  // The service waits, and asks once more.
  const waits = jobErrors[code as keyof typeof jobErrors].closes?.what === "model";
  expect(waits ? null : code).toBe(inMemory);
});

test("a whole type runs on a database, and tells of its steps, its progress and its cost", async () => {
  const script = answers({ courses: ["onions", "stock"] }, fault("500"), stream("Peel ", "them."), "Boil it.");
  const { job, steps, progress, events, calls } = await runJob(dinner, { dish: "Soup" }, { script });
  expect(job).toMatchObject({ status: "completed", resultData: { text: "Peel them. Boil it." }, percentage: 100 });
  expect(Number(job.cost)).toBeGreaterThan(0);
  expect(steps).toEqual([
    { phase: "planning", key: "plan", output: { courses: ["onions", "stock"] }, attempt: 1 },
    { phase: "cooking", key: "course:onions", output: "Peel them.", attempt: 2 },
    { phase: "cooking", key: "course:stock", output: "Boil it.", attempt: 2 },
  ]);
  expect(progress).toEqual([
    { percentage: 75, currentStep: "Cooked onions" },
    { percentage: 99, currentStep: "Cooked stock" },
  ]);
  expect(events.filter(({ type }) => type === "attempt_failed")).toHaveLength(1);
  expect(calls).toHaveLength(4);
});

test("a script that throws ends the run with its own error", async () => {
  await expect(runJob(dinner, { dish: "Soup" }, { script: answers() })).rejects.toThrow("0 answers");
});

test("a type is run with a crash before every statement, and what goes wrong then is named", async () => {
  const one = definePhase({
    ...planning,
    output: Plan.omit({ courses: true }),
    run: async ({ input, step, model }) => {
      await step("plan", input, () => model.text({ ...prompt, user: input.dish }));
      return input;
    },
  });
  const snack = defineJob({ ...about, type: "snack", phases: [one] });
  const { points, problems } = await crashEverywhere(snack, { dish: "Soup" }, { every: 2 });
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThan(10);

  const refused = { ...one, run: () => Promise.reject(new PermanentError("No.")) };
  const forgetful = defineJob({ ...about, type: "snack", phases: [refused] });
  const failed = await crashEverywhere(forgetful, { dish: "Soup" }, { every: 10 });
  expect(new Set(failed.problems.map((problem) => problem.replace(/^before .*: (?=the job)/s, "")))).toEqual(
    new Set(["the job is failed: No."]),
  );
}, 180_000);

test("without a script the demo model answers, in memory and over HTTP", async () => {
  const { output, calls } = await runPhase(planning, { dish: "Soup" });
  expect([await runPhase(planning, { dish: "Soup" }), calls.length]).toMatchObject([{ output }, 1]);
  expect((await runJob(dinner, { dish: "Soup" })).job.status).toBe("completed");
});

test("a phase that waits for a person is given the answer by name, and none in time otherwise", async () => {
  const Approval = z.object({ approved: z.boolean() });
  const serving = definePhase({
    name: "serving",
    input: z.object({ dish: z.string() }),
    output: z.object({ served: z.boolean() }),
    async run({ input, waitFor }) {
      const until = new Date(Date.now() + 3_600_000);
      const answer = await waitFor("approval", Approval, { until, question: `Serve the ${input.dish}?` });
      return { served: answer?.approved ?? false };
    },
  });
  const given = { answers: { approval: { approved: true } } };
  const ran = await runPhase(serving, { dish: "Soup" }, undefined, given);
  expect(ran.output).toEqual({ served: true });
  expect(ran.asked).toMatchObject([{ name: "approval", question: "Serve the Soup?" }]);
  expect((await runPhase(serving, { dish: "Soup" })).output).toEqual({ served: false });

  const type = defineJob({ ...about, type: "served", phases: [serving] });
  expect((await runJob(type, { dish: "Soup" }, given)).job.resultData).toEqual({ served: true });
  expect((await runJob(type, { dish: "Soup" })).job.resultData).toEqual({ served: false });
});
