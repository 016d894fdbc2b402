import { runCommand } from "../src/command/command.ts";
import { readFlags } from "../src/command/flags.ts";
import { faultNames } from "../src/demo/fault.ts";
import { startDemoModel } from "../src/demo/server.ts";
import { type ServerName, servers } from "../src/demo/servers/index.ts";
import { parseShopFault, shopFaults } from "../src/demo/shop/fault.ts";
import { StartError } from "../src/errors.ts";

await runCommand(async () => {
  const flags = readFlags({
    name: "npm run sim",
    does: `Starts the demo model alone: a server that speaks OpenAI's Responses and Chat Completions APIs on this machine and
answers with template prose. It needs no key and no network, and costs nothing.

A model's name may ask for a fault: demo-1:429 is refused at every request, demo-1:cut/5 breaks off the first of each
five. There are ${faultNames.join(", ")}.

With --shop it is a shop at Shopify instead, in memory: the part of the Admin API with which articles are published.`,
    flags: {
      port: { type: "string", help: "where it listens (default 4010, the shop 4020)" },
      delay: { type: "string", help: "milliseconds before each chunk of about five words (default 0)" },
      as: { type: "string", help: `over Chat Completions like ${Object.keys(servers).join(", ")}` },
      shop: { type: "boolean", help: "a shop instead" },
      blogs: { type: "string", help: "numbers of the shop's blogs, with commas between (default 1)" },
      fault: { type: "string", help: `of the shop: drop/5 at the first of each five; ${shopFaults.join(", ")}` },
    },
  });
  const { shop, port, delay, as, blogs, fault } = flags;
  const [others, what] = shop
    ? ([{ delay, as }, "the model's"] as const)
    : ([{ blogs, fault }, "the shop's"] as const);
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other) throw new StartError(`--${other[0]} is ${what}: ${shop ? "leave --shop out" : "add --shop"}.`);
  if (shop) return await startShop(wholeNumber("--port", port ?? "4020", 65_535), blogs ?? "1", fault);
  if (as !== undefined && !isServer(as)) {
    throw new StartError(`--as takes one of ${Object.keys(servers).join(", ")}, got "${as}".`);
  }
  const demo = await startDemoModel({
    ...(as && { as }),
    port: wholeNumber("--port", port ?? "4010", 65_535),
    delayMsPerChunk: wholeNumber("--delay", delay ?? "0", 60_000),
  });
  closeAtEnd(demo);
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

async function startShop(port: number, blogs: string, fault: string | undefined): Promise<void> {
  const numbers = blogs.split(",").map((one) => one.trim());
  if (!numbers.every((one) => /^[1-9]\d*$/.test(one)))
    throw new StartError(`--blogs takes numbers with commas between, got "${blogs}".`);
  const nextFault = fault === undefined ? () => undefined : parseShopFault(fault);
  if (!nextFault) throw new StartError(`--fault takes one of ${shopFaults.join(", ")}, or drop/5; got "${fault}".`);
  // The model's server does without GraphQL.
  const { startDemoShop } = await import("../src/demo/shop/server.ts");
  const shop = await startDemoShop({ port, blogs: numbers, onRequest: nextFault });
  closeAtEnd(shop);
  process.stdout.write(`${shop.origin}\n`);
  process.stdout.write(`
This is a simulated shop with the blogs ${numbers.join(", ")}. It takes any credentials, and forgets everything when it ends.
${shop.origin}/ shows what was published.

Point Galley at it:      SHOPIFY_ORIGIN=${shop.origin} SECRETS_KEY=$(openssl rand -base64 32) npm start

Ctrl-C ends it.
`);
}

function closeAtEnd(server: { close(): Promise<void> }): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.close());
}

const isServer = (name: string): name is ServerName => Object.hasOwn(servers, name);

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new StartError(`${option} must be a whole number from 0 to ${max}, not "${text}".`);
}
