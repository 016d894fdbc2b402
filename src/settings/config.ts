import { isIP } from "node:net";
import { StartError } from "../errors.ts";
import { type ModelOptions, shownOptions } from "../model/port/options.ts";
import { nameMeant, readEnvFile } from "./config-file.ts";
import { maskAddress, maskUrl } from "./database-url.ts";
import { type Config, environment } from "./environment.ts";
import { isOpenAI, type ModelEntry, maskKey, providerAt, shownEntries } from "./model-settings.ts";
import { problemsOfTraces } from "./trace-settings.ts";

export type { Config } from "./environment.ts";

type Problem = { name: string; message: string };

const masks: Record<string, (secret: string) => string> = {
  GALLEY_API_KEY: (key) => `${key.slice(0, 5)}…`,
  OPENAI_API_KEY: maskKey,
  SECRETS_KEY: () => "…",
  DATABASE_URL: maskAddress,
  OPENAI_BASE_URL: maskUrl,
  GALLEY_URL: maskUrl,
  OTEL_EXPORTER_OTLP_ENDPOINT: maskUrl,
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
  const problems: Problem[] = problemsOfTraces(config);
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
