import { isIP } from "node:net";
import { z } from "zod";
import { StartError } from "../errors.ts";
import { describeOptions, ModelOptions } from "../model/port/options.ts";
import { Usd } from "../usd.ts";
import { nameMeant, readEnvFile } from "./config-file.ts";
import { defaultSchemas, maskAddress, maskUrl, problemOf } from "./database-url.ts";

const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const hasLogin = (url: string): boolean => new URL(url).username !== "" || new URL(url).password !== "";
// What pg-boss takes, which writes it without quotes.
const schemaName = z
  .string()
  .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,49}$/, "expected a name of small letters, digits and _, up to 50, not pg_…");
const roles = ["api", "worker"] as const;

/** Every variable that Galley reads. Nothing else looks at the environment. */
export const environment = {
  PORT: count(0, 65535).default(3000).describe("Port of the API; 0 takes any free one"),
  HOST: z.string().min(1).default("127.0.0.1").describe("Address the API listens on"),
  DATABASE_URL: z
    .string()
    .superRefine((address, context) => {
      const message = problemOf(address);
      if (message) context.addIssue({ code: "custom", message });
    })
    .optional()
    .describe("PostgreSQL 15 or newer; unset: an embedded server under GALLEY_DATA_DIR"),
  DATABASE_TIMEOUT_SECONDS: count(1, 3600)
    .default(10)
    .describe("How long PostgreSQL may take to answer a statement"),
  DATABASE_WAIT_SECONDS: count(0, 3600)
    .default(30)
    .describe("How long PostgreSQL is waited for at the start if it is not there yet"),
  DATABASE_POOL_SIZE: count(1, 1000)
    .optional()
    .describe("Connections of this process, and two more; unset: 6 and one per running phase, 20 at most"),
  DATABASE_SCHEMA: schemaName
    .default(defaultSchemas.schema)
    .describe("Schema of Galley's tables, created if it is not there"),
  QUEUE_SCHEMA: schemaName
    .default(defaultSchemas.queueSchema)
    .describe("Schema of pg-boss's tables, for Galley alone"),
  GALLEY_DATA_DIR: z.string().min(1).default(".galley").describe("Where the embedded PostgreSQL keeps its data"),
  ROLES: z
    .string()
    .default(roles.join(","))
    .transform((list) => list.split(",").map((role) => role.trim()))
    .pipe(z.array(z.enum(roles)).min(1))
    .describe("What this process does: api, worker or both"),
  WORKER_CONCURRENCY: count(1, 1000).default(20).describe("Phases that run at once in this process"),
  OPENAI_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "expected a key that a header can carry: visible ASCII, no spaces")
    .optional()
    .describe("Key of the model provider"),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => !URL.canParse(url) || !hasLogin(url),
      "expected no user or password: the key is OPENAI_API_KEY",
    )
    .optional()
    .describe("Another OpenAI-compatible server; with neither this nor a key the demo model answers"),
  OPENAI_MODEL: z.string().min(1).optional().describe("Model to ask for; default gpt-6-luna at OpenAI"),
  MODEL_API: z
    .enum(["responses", "chat"])
    .optional()
    .describe("Which API of the provider; default responses at OpenAI, chat elsewhere"),
  MODEL_OPTIONS: z
    .string()
    .transform((text, context) => {
      const parsed = ModelOptions.safeParse(parseObject(text));
      for (const { path, message } of parsed.error?.issues ?? []) {
        context.addIssue({
          code: "custom",
          message: `${path.map(String).join(".") || "expected a JSON object"}: ${message}`,
        });
      }
      return parsed.data ?? z.NEVER;
    })
    .optional()
    .describe("What cannot be guessed of the model's server, as a JSON object: see the model layer"),
  PRICES_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("A JSON file of prices, which come before the ones that Galley knows"),
  MAX_OUTPUT_MIB: count(1, 200).default(16).describe("The most that a phase or a step may give, as JSON"),
  SHUTDOWN_GRACE_SECONDS: count(0, 3600).default(7).describe("How long running phases may go on after SIGTERM"),
  KEEP_ALIVE_SECONDS: count(1, 3600)
    .default(65)
    .describe("How long an idle connection stays open; more than the load balancer in front keeps it"),
  RETENTION_DAYS: count(1, 36500).default(30).describe("How long finished jobs are kept"),
  MAX_COST_PER_JOB_USD: Usd.optional().describe("Upper bound for a job that names none of its own"),
  GALLEY_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("A running service for npm run generate to use"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("How much is logged, on stderr"),
} satisfies Record<string, z.ZodType>;

export type Config = z.output<z.ZodObject<typeof environment>>;

type Problem = { name: string; message: string };

const masks: Record<string, (secret: string) => string> = {
  OPENAI_API_KEY: (key) => `${key.slice(0, 3)}…`,
  DATABASE_URL: maskAddress,
  OPENAI_BASE_URL: maskUrl,
  GALLEY_URL: maskUrl,
};
function masked(name: string, value: unknown): string {
  // What could not be read may be a secret anywhere.
  if (name === "MODEL_OPTIONS") return typeof value === "string" ? "…" : describeOptions(value as ModelOptions);
  return masks[name]?.(String(value)) ?? String(value);
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads and checks all variables, an `.env` file included. Throws one StartError that names every problem. */
export function readConfig(env: Record<string, string | undefined> = environmentWithFile()): Config {
  // An empty variable is how shells and compose files say "unset".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const problems: Problem[] = misspelt(given);
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(environment)) {
    const parsed = schema.safeParse(given[name]);
    if (parsed.success) values[name] = parsed.data;
    else {
      const came = given[name] === undefined ? "" : `; got ${masked(name, given[name])}`;
      problems.push({ name, message: `${parsed.error.issues.map(({ message }) => message).join("; ")}${came}` });
    }
  }
  problems.push(...problemsBetween(values as Partial<Config>));
  if (problems.length === 0)
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Config;
  const lines = problems.map(({ name, message }) => `  ${name}: ${message}`);
  throw new StartError(`These settings cannot be used:\n${lines.join("\n")}`);
}

/** What settings say of each other. A setting that could not be read is not there. */
function problemsBetween({
  DATABASE_SCHEMA,
  QUEUE_SCHEMA,
  OPENAI_BASE_URL,
  OPENAI_MODEL,
  HOST,
}: Partial<Config>): Problem[] {
  const problems: Problem[] = [];
  if (DATABASE_SCHEMA !== undefined && DATABASE_SCHEMA === QUEUE_SCHEMA) {
    problems.push({
      name: "QUEUE_SCHEMA",
      message: `expected another one than DATABASE_SCHEMA; got ${QUEUE_SCHEMA}`,
    });
  }
  if (OPENAI_BASE_URL && !OPENAI_MODEL && !isOpenAI(OPENAI_BASE_URL)) {
    problems.push({ name: "OPENAI_MODEL", message: "needed, since OPENAI_BASE_URL is set" });
  }
  // There callers must be distinguished, and keys do not exist yet in this version.
  if (HOST !== undefined && !isLoopback(HOST)) {
    problems.push({
      name: "HOST",
      message: `without any API key the service is open to all who can reach it, so only a loopback address is allowed, like 127.0.0.1; got ${HOST}`,
    });
  }
  return problems;
}

/** Names that are almost ours. Any other name belongs to another program. */
function misspelt(given: Record<string, unknown>): Problem[] {
  const known = Object.keys(environment);
  return Object.keys(given).flatMap((name) => {
    const meant = nameMeant(name, known);
    // A variable beside the right one, as a copy to go back to, does no harm.
    return meant && given[meant] === undefined
      ? [{ name, message: `no setting has this name: is ${meant} meant?` }]
      : [];
  });
}

/** Each variable with its meaning and its default, one a line. */
export function describeSettings(): string {
  return Object.entries(environment)
    .map(([name, schema]) => {
      const usual = schema.safeParse(undefined).data;
      return `  ${name.padEnd(26)} ${schema.description}${usual === undefined ? "" : ` (default ${usual})`}`;
    })
    .join("\n");
}

/** What is in force, secrets masked: one `NAME=value` a line. `applied`: what holds for settings that are not set. */
export function describeConfig(config: Config, applied: Partial<Record<keyof Config, unknown>> = {}): string {
  return Object.keys(environment)
    .map((name) => {
      const [value, otherwise] = [config[name as keyof Config], applied[name as keyof Config]];
      if (value !== undefined) return `${name}=${masked(name, value)}`;
      return `${name}=${otherwise === undefined ? "" : `  # ${otherwise}`}`;
    })
    .join("\n");
}

/** Flags of these names that npm read as its own settings, since no `--` stood before them. */
export function npmFlags(names: readonly string[]): string[] {
  return names.filter((name) => process.env[`npm_config_${name.replaceAll("-", "_")}`] !== undefined);
}

/** Whether the address is one of OpenAI's own, as eu.api.openai.com is: then its prices and its dialect hold. */
export function isOpenAI(url: string): boolean {
  return /(^|\.)api\.openai\.com$/.test(new URL(url).hostname);
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * The proxy that the environment names for requests to others, as Node takes it. Null without one. This machine is never
 * asked through it.
 */
export function proxySettings(
  env: Record<string, string | undefined> = process.env,
): Record<string, string> | null {
  const either = (name: string) => env[name.toLowerCase()] || env[name.toUpperCase()];
  const [http, https, none] = [either("http_proxy"), either("https_proxy"), either("no_proxy")];
  if (!http && !https) return null;
  return {
    ...(http && { http_proxy: http }),
    ...(https && { https_proxy: https }),
    no_proxy: [none, "localhost", "127.0.0.1", "::1", "[::1]"].filter(Boolean).join(","),
  };
}

/** The environment goes before the file. */
function environmentWithFile(): Record<string, string | undefined> {
  return { ...readEnvFile(), ...process.env };
}
