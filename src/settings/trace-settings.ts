import type { Config } from "./environment.ts";

export const otlpProtocols = ["http/protobuf", "http/json"] as const;
const samplers = ["always_on", "always_off", "traceidratio"] as const;

/** Which traces are made. `followsParent`: that of a caller which says whether it makes its own decides. */
export type Sampling = { sampler: (typeof samplers)[number]; followsParent: boolean; ratio: number };

type Given = Partial<Config>;
type Problem = { name: string; message: string };

/** What of the settings cannot be used. Other programs read them too, so that without a collector anything is taken. */
export function problemsOfTraces(config: Given): Problem[] {
  const { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_TRACES_SAMPLER: sampler } = config;
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return [];
  const problems: Problem[] = [];
  const expect = (name: string, known: readonly string[], got: string) =>
    problems.push({ name, message: `expected ${known.join(", ")}; got ${got}` });
  if (protocol && !otlpProtocols.some((known) => known === protocol))
    expect("OTEL_EXPORTER_OTLP_PROTOCOL", otlpProtocols, protocol);
  if (sampler && !samplers.some((known) => known === splitSampler(sampler).sampler))
    expect("OTEL_TRACES_SAMPLER", [...samplers, ...samplers.map((known) => `parentbased_${known}`)], sampler);
  const ratio = ratioOf(config);
  if (!(ratio >= 0 && ratio <= 1))
    expect("OTEL_TRACES_SAMPLER_ARG", ["a number from 0 to 1"], String(config.OTEL_TRACES_SAMPLER_ARG));
  return problems;
}

export function samplingOf(config: Config): Sampling {
  const { sampler, followsParent } = splitSampler(config.OTEL_TRACES_SAMPLER);
  return { sampler: sampler as Sampling["sampler"], followsParent, ratio: ratioOf(config) };
}

const splitSampler = (name: string) => ({
  sampler: name.replace(/^parentbased_/, ""),
  followsParent: name.startsWith("parentbased_"),
});

const ratioOf = ({ OTEL_TRACES_SAMPLER_ARG: given = "1" }: Given): number => Number(given);

/**
 * Gives this process the variables of OpenTelemetry that stand in an `.env` file: its libraries look at the environment
 * alone. What the environment has goes before the file.
 */
export function shareTraceVariables(
  file: Record<string, string | undefined>,
  env: Record<string, string | undefined> = process.env,
): void {
  for (const [name, value] of Object.entries(file)) if (name.startsWith("OTEL_")) env[name] ??= value;
}
