import { z } from "zod";
import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { askSuitably } from "../src/model/ask-suitably.ts";
import { chooseModels } from "../src/model/choose.ts";
import { parseJson } from "../src/model/output.ts";
import type { Abilities } from "../src/model/port/asking.ts";
import { type GenerateRequest, type Generation, ModelError, type ModelPort } from "../src/model/port/port.ts";
import { useProxy } from "../src/model/proxy.ts";
import { refusalOf } from "../src/model/refusals/refusal.ts";
import { readPriceFile } from "../src/money/price-file.ts";
import { createPriceList, type PriceList } from "../src/money/prices.ts";
import { readConfig } from "../src/settings/config.ts";

const patienceMilliseconds = 60_000;
const Answer = z.object({ title: z.string(), words: z.int() });

const text = { system: "You write short texts.", user: "Write one sentence about bread.", maxOutputTokens: 1_000 };
const capped = { system: "You write.", user: "Write 500 words about bread.", maxOutputTokens: 16 };
const object = {
  system: "You plan short texts.",
  user: "Plan a text about bread: its title, and how many words it has.",
  schema: { name: "plan", zod: Answer },
  maxOutputTokens: 1_000,
};

await runCommand(async () => {
  readFlags({
    name: "npm run check-model",
    does: "Asks each model for a sentence, a text beyond its limit and an object: what it can, refuses and costs.",
    flags: {},
  });
  const config = readConfig();
  const prices = createPriceList(await readPriceFile(config.PRICES_FILE));
  const leaveProxy = useProxy();
  const { models, close } = await chooseModels(config);
  try {
    for (const port of models.all) {
      if (!(await check(port, prices))) process.exitCode = 1;
    }
  } finally {
    await close();
    leaveProxy();
  }
});

/** Returns whether jobs can use the model. */
async function check(port: ModelPort, prices: PriceList): Promise<boolean> {
  const { provider, model, api, tier } = port;
  print("model", `${model} of ${provider}, over ${api}${tier ? `, tier ${tier}` : ""}`);
  print("prices", prices.describe({ provider, model, at: new Date() }));
  const plain = await ask(port, text);
  const costOf = ({ usage, statedCost, servedModel, servedTier }: Generation) =>
    statedCost ??
    (usage && prices.costOf({ provider, model: servedModel, tier: servedTier ?? tier, usage, at: new Date() }));
  print("text", plain.failure ?? describe(plain.generation, plain.seconds, costOf(plain.generation)));
  if (plain.failure !== undefined) return false;
  const limited = await ask(port, { ...capped, abilities: plain.abilities });
  const isInForce = limited.error?.code === "invalid_output";
  print("limit", isInForce ? "in force" : (limited.failure ?? "NOT in force: the answer went beyond 16 tokens"));
  const planned = await ask(port, { ...object, abilities: plain.abilities });
  const misfit = planned.failure ?? misfitOf(planned.generation);
  print("object", misfit ?? `ok, asked by ${planned.abilities?.json}`);
  return misfit === undefined;
}

type Asked = {
  generation: Generation;
  abilities: Abilities;
  seconds: number;
  failure?: undefined;
  error?: undefined;
};
type Failed = { failure: string; error: ModelError | undefined; abilities?: undefined };

/** Asks as jobs do: in another way, where the server refuses one. */
async function ask(port: ModelPort, request: Omit<GenerateRequest, "signal">): Promise<Asked | Failed> {
  const prompt = request.system + request.user;
  const began = performance.now();
  try {
    const { answer, abilities } = await askSuitably(
      request.abilities ?? port.abilities,
      (asked) => port.generate({ ...request, abilities: asked, signal: AbortSignal.timeout(patienceMilliseconds) }),
      (error) => print("refused", `${error.refused}: ${explain(error, prompt)}`),
    );
    return { generation: answer, abilities, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    return { failure: explain(error, prompt), error: error instanceof ModelError ? error : undefined };
  }
}

function explain(error: unknown, prompt: string): string {
  const said = refusalOf(error, prompt)?.message;
  if (error instanceof ModelError) {
    const hint = error.code === "wrong_address" ? " Does OPENAI_BASE_URL end in /v1?" : "";
    return `${error.code}: ${error.message}${hint}${said ? ` It said: ${said}` : ""}`;
  }
  return `no answer within ${patienceMilliseconds / 1000} s`;
}

function describe({ usage, servedModel }: Generation, seconds: number, cost: string | null): string {
  const tokens = usage ? `${usage.input} tokens in, ${usage.output} out` : "no count of tokens";
  const price = cost === null ? "at an unknown cost" : `${cost} USD`;
  return `ok in ${seconds.toFixed(1)} s, ${tokens}, ${price}, served as ${servedModel}`;
}

function misfitOf({ text: answer }: Generation): string | undefined {
  try {
    parseJson(answer, Answer);
    return undefined;
  } catch (error) {
    return error instanceof ModelError ? error.message : "unreadable";
  }
}

function print(what: string, line: string): void {
  process.stdout.write(`${what.padEnd(9)} ${line}\n`);
}
