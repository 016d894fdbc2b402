import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { ModelOptions } from "../model/port/options.ts";
import { Usd } from "../usd.ts";
import { defaultSchemas, problemOf } from "./database-url.ts";
import { Api, ApiKey, BaseUrl, jsonSetting, ModelEntries } from "./model-settings.ts";
import { otlpProtocols } from "./trace-settings.ts";

const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
// What pg-boss takes, which writes it without quotes.
const schemaName = z
  .string()
  .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,49}$/, "expected a name of small letters, digits and _, up to 50, not pg_…");
const isOrigin = (text: string): boolean => /^https?:/.test(text) && URL.parse(text)?.origin === text;
const isLoopbackOrigin = (text: string): boolean =>
  /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(text) && isOrigin(text);
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
  SECRETS_KEY: z
    .string()
    .transform((list) => list.split(",").map((key) => key.trim()))
    .pipe(
      z.array(
        z
          .string()
          .regex(/^[A-Za-z0-9+/]{43}=$/, "expected 32 bytes in base64, as `openssl rand -base64 32` prints"),
      ),
    )
    .optional()
    .describe(
      "What credentials of shops are sealed with: 32 bytes in base64; former keys may follow, with commas between; unset: none are kept",
    ),
  SHOPIFY_ORIGIN: z
    .string()
    .refine(isLoopbackOrigin, "expected a server of this machine, like http://127.0.0.1:4020")
    .optional()
    .describe("A simulated shop on this machine (npm run sim -- --shop), in place of every shop at Shopify"),
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
  LOG_FORMAT: z
    .enum(["json", "pretty"])
    .optional()
    .describe("How it is written: json or pretty; unset: pretty in a terminal, else JSON"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("An OpenTelemetry collector that takes traces over HTTP; unset: none are made"),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .string()
    .default(otlpProtocols[0])
    .describe("How traces are sent: http/protobuf or http/json"),
  OTEL_SERVICE_NAME: z.string().default("galley").describe("The name of this service in traces"),
  OTEL_TRACES_SAMPLER: z
    .string()
    .default("parentbased_always_on")
    .describe("Which traces are made: always_on, always_off, traceidratio, or parentbased_ before one of them"),
  OTEL_TRACES_SAMPLER_ARG: z.string().optional().describe("Of traceidratio: how many, from 0 to 1; unset: all"),
} satisfies Record<string, z.ZodType>;

export type Config = z.output<z.ZodObject<typeof environment>>;
