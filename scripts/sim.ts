import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { faultNames } from "../src/demo/fault.ts";
import { startDemoModel } from "../src/demo/server.ts";
import { type ServerName, servers } from "../src/demo/servers/index.ts";
import { StartError } from "../src/errors.ts";

await runCommand(async () => {
  const { port, delay, as } = readFlags({
    name: "npm run sim",
    does: `Starts the demo model alone: a server that speaks OpenAI's Responses and Chat Completions APIs on this machine and
answers with template prose. It needs no key and no network, and costs nothing.

A model's name may ask for a fault: demo-1:429 is refused at every request, demo-1:cut/5 breaks off the first of each
five. There are ${faultNames.join(", ")}.`,
    flags: {
      port: { type: "string", default: "4010", help: "where it listens" },
      delay: { type: "string", default: "0", help: "milliseconds before each chunk of about five words" },
      as: { type: "string", help: `over Chat Completions like ${Object.keys(servers).join(", ")}` },
    },
  });
  if (as !== undefined && !isServer(as)) {
    throw new StartError(`--as takes one of ${Object.keys(servers).join(", ")}, got "${as}".`);
  }
  const demo = await startDemoModel({
    ...(as && { as }),
    port: wholeNumber("--port", port, 65_535),
    delayMsPerChunk: wholeNumber("--delay", delay, 60_000),
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void demo.close());
  process.stdout.write(`${demo.baseURL}\n`);
  process.stdout.write(`
This is Galley's demo model. It speaks OpenAI's API, but nothing here thinks: it fills templates with your topic,
and gives the same text for the same request. Any key and any model name will do.

Point a client at it:    new OpenAI({ baseURL: "${demo.baseURL}", apiKey: "demo" })
Point Galley at it:      OPENAI_BASE_URL=${demo.baseURL} OPENAI_MODEL=demo-1 npm start

Ask for a fault:         OPENAI_MODEL=demo-1:429/5, or ${faultNames.filter((name) => name !== "429").join(", ")}

Ctrl-C ends it.
`);
});

const isServer = (name: string): name is ServerName => Object.hasOwn(servers, name);

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new StartError(`${option} must be a whole number from 0 to ${max}, not "${text}".`);
}
