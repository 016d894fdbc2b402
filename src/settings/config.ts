import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { StartError } from "../errors.ts";
import { ModelOptions, shownOptions } from "../model/port/options.ts";
import { Usd } from "../usd.ts";
import { nameMeant, readEnvFile } from "./config-file.ts";
import { defaultSchemas, maskAddress, maskUrl, problemOf } from "./database-url.ts";
import {
  Api,
  ApiKey,
  BaseUrl,
  isOpenAI,
  jsonSetting,
  ModelEntries,
  type ModelEntry,
  maskKey,
  providerAt,
  shownEntries,
} from "./model-settings.ts";

const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
// What pg-boss takes, which writes it without quotes.
const schemaName = z
  .string()
  .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,49}$/, "expected a name of small letters, digits and _, up to 50, not pg_…");
const isOrigin = (text: string): boolean => /^https?:/.test(text) && URL.parse(text)?.origin === text;
const isAddressOrNetwork = (text: string): boolean => isIP(text) !== 0 || ipaddr.isValidCIDR(text);
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
  METRICS_PORT: count(0, 65535)
    .optional()
    .describe("Where a worker without the API answers /metrics, /healthz and /readyz; unset: nowhere"),
  WORKER_CONCURRENCY: count(1, 1000).default(20).describe("Phases that run at once in this process"),
  OPENAI_API_KEY: ApiKey.optional().describe("Key of the model provider"),
  OPENAI_BASE_URL: BaseUrl.optional().describe(
    "Another OpenAI-compatible server; with neither this nor a key the demo model answers",
  ),
  OPENAI_MODEL: z.string().min(1).optional().describe("Model to ask for; default gpt-6-luna at OpenAI"),
  MODEL_API: Api.optional().describe("Which API of the provider; default responses at OpenAI, chat elsewhere"),
  MODEL_OPTIONS: jsonSetting(ModelOptions, "a JSON object")
    .optional()
    .describe("What cannot be guessed of the model's server, as a JSON object: see the model layer"),
  MODELS: jsonSetting(ModelEntries, "a JSON array")
    .optional()
    .describe(
      "Models that stand in for each other, as a JSON array, in place of the four above: see the model layer",
    ),
  PRICES_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("A JSON file of prices, which come before the ones that Galley knows"),
  MAX_OUTPUT_MIB: count(1, 200).default(16).describe("The most that a phase or a step may give, as JSON"),
  SHUTDOWN_GRACE_SECONDS: count(0, 3600).default(5).describe("How long running phases may go on after SIGTERM"),
  RATE_LIMIT_PER_MINUTE: count(0, 1_000_000)
    .default(6000)
    .describe("Requests of one key within a minute, over all processes; 0: no limit"),
  CORS_ORIGINS: z
    .string()
    .transform((list) => list.split(",").map((origin) => origin.trim()))
    .pipe(z.array(z.string().refine(isOrigin, "expected origins like https://shop.example, with commas between")))
    .optional()
    .describe("Origins of the pages that may call the API from a browser, with commas between; unset: none"),
  WEBHOOK_ALLOWED_ADDRESSES: z
    .string()
    .transform((list) => list.split(",").map((one) => one.trim()))
    .pipe(z.array(z.string().refine(isAddressOrNetwork, "expected addresses or networks like 10.0.0.0/8")))
    .optional()
    .describe(
      "Addresses and networks inside that webhooks may reach, also over http, with commas between; unset: none",
    ),
  KEEP_ALIVE_SECONDS: count(1, 3600)
    .default(65)
    .describe("How long an idle connection stays open; more than the load balancer in front keeps it"),
  RETENTION_DAYS: count(1, 36500).default(30).describe("How long finished jobs are kept"),
  TEXT_RETENTION_DAYS: count(1, 36500)
    .default(1)
    .describe("How long the pieces of text that a finished job streamed are kept"),
  EVENT_RETENTION_DAYS: count(1, 36500)
    .optional()
    .describe("How long the history of a finished job is kept, its last event aside; unset: as long as the job"),
  STEP_RETENTION_DAYS: count(1, 36500)
    .optional()
    .describe("How long the steps of a completed job are kept; unset: as long as the job"),
  CALL_RETENTION_DAYS: count(1, 36500)
    .default(400)
    .describe("How long the ledger keeps the calls of jobs that were removed"),
  REMOVED_ID_RETENTION_DAYS: count(1, 36500)
    .default(365)
    .describe("How long the id of a removed job answers 410, and not 404"),
  MAX_COST_PER_JOB_USD: Usd.optional().describe("Upper bound for a job that names none of its own"),
  GALLEY_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("A running service for npm run generate to use"),
  GALLEY_API_KEY: ApiKey.optional().describe("The key that npm run generate sends to it"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("How much is logged, on stderr"),
} satisfies Record<string, z.ZodType>;

export type Config = z.output<z.ZodObject<typeof environment>>;

type Problem = { name: string; message: string };

const masks: Record<string, (secret: string) => string> = {
  GALLEY_API_KEY: (key) => `${key.slice(0, 5)}…`,
  OPENAI_API_KEY: maskKey,
  DATABASE_URL: maskAddress,
  OPENAI_BASE_URL: maskUrl,
  GALLEY_URL: maskUrl,
};
function masked(name: string, value: unknown): string {
  const isJson = name === "MODEL_OPTIONS" || name === "MODELS";
  // What could not be read may be a secret anywhere.
  if (isJson && typeof value === "string") return "…";
  if (name === "MODEL_OPTIONS") return JSON.stringify(shownOptions(value as ModelOptions));
  if (name === "MODELS") return JSON.stringify(shownEntries(value as ModelEntry[]));
  return masks[name]?.(String(value)) ?? String(value);
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
function problemsBetween(config: Partial<Config>): Problem[] {
  const { DATABASE_SCHEMA, QUEUE_SCHEMA, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, MODELS } = config;
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
  const single = (["OPENAI_BASE_URL", "OPENAI_MODEL", "MODEL_API", "MODEL_OPTIONS"] as const).filter(
    (name) => config[name] !== undefined,
  );
  if (MODELS && single.length > 0) {
    problems.push({ name: "MODELS", message: `stands in place of ${single.join(", ")}: unset either` });
  }
  for (const [index, { baseUrl, apiKey }] of (MODELS ?? []).entries()) {
    if (providerAt(baseUrl) !== "openai" || apiKey || OPENAI_API_KEY) continue;
    problems.push({ name: "MODELS", message: `${index}.apiKey: needed at OpenAI, or OPENAI_API_KEY` });
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
