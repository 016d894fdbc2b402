import { Refusal } from "./refusal.ts";

/** What goes wrong with a request: it is refused, or its answer never begins, breaks off, or is too short. */
export type Fault = Refusal | "stall" | "cut" | "truncate";

const faults = {
  "401": () => new Refusal(401, "Incorrect API key provided.", { code: "invalid_api_key" }),
  "429": () => new Refusal(429, "Rate limit reached. Please try again in 2s.", { code: "rate_limit_exceeded" }),
  "500": () => new Refusal(500, "The server had an error while processing your request."),
  "503": () => new Refusal(503, "The server is overloaded.", { code: "server_is_overloaded" }),
  refuse: () => new Refusal(400, "This request violates our policies.", { code: "content_policy_violation" }),
  stall: () => "stall",
  cut: () => "cut",
  truncate: () => "truncate",
} as const satisfies Record<string, () => Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

export const faultOf = (name: FaultName): Fault => faults[name]();

// Only known faults count: names of other servers' models have colons too, like qwen3:8b.
const asked = new RegExp(`:(${faultNames.join("|")})(?:/([1-9]\\d{0,3}))?$`);

/**
 * The fault that a model's name asks for: `demo-1:429` fails every request, `demo-1:cut/5` the first of every five.
 */
export function createFaults(): (model: string) => Fault | undefined {
  const counts = new Map<string, number>();
  return (model) => {
    const [suffix, name = "", every = "1"] = asked.exec(model) ?? [];
    if (suffix === undefined) return undefined;
    const before = counts.get(suffix) ?? 0;
    counts.set(suffix, before + 1);
    return before % Number(every) === 0 ? faultOf(name as FaultName) : undefined;
  };
}
