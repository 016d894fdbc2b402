import type { Name, Plan } from "./plan.ts";

/** The files of a new type, by their path below `jobs/`. */
export function filesOf({ type, phases }: Plan): Map<string, string> {
  const files = new Map<string, string>();
  const add = (file: string, text: string) => files.set(`${type.name}/${file}`, text.trimStart());
  add("request.ts", requestOf(type));
  phases.forEach((phase, index) => void add(`${phase.name}.ts`, phaseOf(type, phase, phases[index - 1])));
  add("index.ts", indexOf({ type, phases }));
  add(`${type.name}.test.ts`, testOf({ type, phases }));
  return files;
}

const requestOf = ({ name, schema }: Name) => `
import { z } from "zod";
import { line } from "../text/fields.ts";

/** The input of a job of the type \`${name}\`. */
export const ${schema}Input = z.strictObject({ subject: line(200) });
`;

function phaseOf(type: Name, { name, variable, schema }: Name, before: Name | undefined): string {
  const given = before ? `${before.schema}Output` : `${type.schema}Input`;
  return `
import { definePhase } from "galley/author";
import { z } from "zod";
import { userFor } from "../text/prompts.ts";
import { ${given} } from "./${before ? before.name : "request"}.ts";

export const ${schema}Output = ${given}.extend({ ${variable}: z.string() });

const system = "You write one part of a text. Answer with that part alone.";

/** Writes the part that is called ${words(name)}. */
export const ${variable} = definePhase({
  name: "${name}",
  label: "${capitalised(words(name))}",
  input: ${given},
  output: ${schema}Output,
  async run({ input, step, model }) {
    const prompt = { system, user: userFor("Write the part \\"${words(name)}\\" about \\"subject\\".", input), maxOutputTokens: 2_000 };
    return { ...input, ${variable}: await step("${name}", prompt, () => model.text(prompt)) };
  },
});
`;
}

const indexOf = ({ type, phases }: Plan) => `
import { defineJob } from "galley/author";
${phases.map(({ name, variable }) => `import { ${variable} } from "./${name}.ts";`).join("\n")}
import { ${type.schema}Input } from "./request.ts";

export const ${type.variable} = defineJob({
  type: "${type.name}",
  description: "Writes a ${words(type.name)} about a subject: ${phases.map(({ name }) => words(name)).join(", ")}.",
  input: ${type.schema}Input,
  example: { subject: "A walk in the rain" },
  phases: [${phases.map(({ variable }) => variable).join(", ")}],
});
`;

function testOf({ type, phases }: Plan): string {
  const [first] = phases;
  const texts = phases.map(({ variable }, index) => ({ variable, text: `"Text ${index + 1}."` }));
  return `
import { expect, test } from "@jest/globals";
import { answers, runJob, runPhase } from "galley/testing";
import { ${first.variable} } from "./${first.name}.ts";
import { ${type.variable} } from "./index.ts";

const given = { subject: "A walk in the rain" };

test("${words(first.name)} keeps what the model writes", async () => {
  const { output, steps } = await runPhase(${first.variable}, given, answers("Text."));
  expect(output).toEqual({ ...given, ${first.variable}: "Text." });
  expect(steps.map(({ key }) => key)).toEqual(["${first.name}"]);
});

test("a ${words(type.name)} is written phase by phase, each paid for once", async () => {
  const script = answers(${texts.map(({ text }) => text).join(", ")});
  const { job, calls } = await runJob(${type.variable}, given, { script });
  expect(job).toMatchObject({
    status: "completed",
    resultData: { ...given, ${texts.map(({ variable, text }) => `${variable}: ${text}`).join(", ")} },
  });
  expect(calls).toHaveLength(${phases.length});
  expect(Number(job.cost)).toBeGreaterThan(0);
});
`;
}

const words = (name: string) => name.replaceAll("_", " ").trim();
const capitalised = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
