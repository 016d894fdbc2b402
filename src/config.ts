import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { z } from "zod";
import { defaultSchemas, maskAddress, problemOf } from "./database-url.ts";
import { StartError } from "./errors.ts";
import { Usd } from "./usd.ts";

const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
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
  OPENAI_API_KEY: z.string().min(1).optional().describe("Key of the model provider"),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Another OpenAI-compatible server; with neither this nor a key the demo model answers"),
  OPENAI_MODEL: z.string().min(1).optional().describe("Model to ask for; default gpt-6-luna at OpenAI"),
  MODEL_API: z
    .enum(["responses", "chat"])
    .optional()
    .describe("Which API of the provider; default responses at OpenAI, chat elsewhere"),
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

const Environment = z.object(environment).superRefine((values, context) => {
  if (values.DATABASE_SCHEMA === values.QUEUE_SCHEMA) {
    context.addIssue({
      code: "custom",
      path: ["QUEUE_SCHEMA"],
      message: "expected another one than DATABASE_SCHEMA",
    });
  }
  if (values.OPENAI_BASE_URL && !values.OPENAI_MODEL) {
    context.addIssue({ code: "custom", path: ["OPENAI_MODEL"], message: "needed, since OPENAI_BASE_URL is set" });
  }
  // Nobody could tell callers apart there, and keys do not exist yet in this version.
  if (!isLoopback(values.HOST)) {
    context.addIssue({
      code: "custom",
      path: ["HOST"],
      message: `without any API key the service is open to whoever reaches it, so only a loopback address is allowed, like 127.0.0.1; got ${values.HOST}`,
    });
  }
});

export type Config = z.output<typeof Environment>;

const masks: Record<string, (secret: string) => string> = {
  OPENAI_API_KEY: (key) => `${key.slice(0, 3)}…`,
  DATABASE_URL: maskAddress,
};

/** Reads and checks all variables, an `.env` file included. Throws one StartError that names every problem. */
export function readConfig(env: Record<string, string | undefined> = environmentWithFile()): Config {
  // An empty variable is how shells and compose files say "unset".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = Environment.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `  ${path.join(".") || "environment"}: ${message}`,
  );
  throw new StartError(`These settings cannot be used:\n${problems.join("\n")}`);
}

/** What is in force, secrets masked: one `NAME=value` a line. */
export function describeConfig(config: Config): string {
  return Object.keys(environment)
    .map((name) => {
      const value = config[name as keyof Config];
      return `${name}=${value === undefined ? "" : (masks[name]?.(String(value)) ?? String(value))}`;
    })
    .join("\n");
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function environmentWithFile(): Record<string, string | undefined> {
  if (existsSync(".env")) process.loadEnvFile(".env");
  return process.env;
}
