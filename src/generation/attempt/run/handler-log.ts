import type { PhaseContext } from "../../../author/context.ts";
import type { Log } from "../../../log/log.ts";

const longestFact = 200;

/**
 * The handler's `log`. What it says stands under `facts`, where it cannot pass for what the service says itself; a long
 * text is cut, since it is most likely what a user or a model wrote.
 */
export function createHandlerLog(log: Log, about: object): PhaseContext<unknown>["log"] {
  const lineAt =
    (level: "info" | "warn"): PhaseContext<unknown>["log"]["info"] =>
    (event, facts = {}) =>
      log[level]({ event: "handler", ...about, name: cut(event), facts: shown(facts) });
  return { info: lineAt("info"), warn: lineAt("warn") };
}

const shown = (facts: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, cut(fact)]));

/** A list or an object may hold anything: only its kind is shown. */
function cut(fact: unknown): unknown {
  if (typeof fact === "string") return fact.length > longestFact ? `${fact.slice(0, longestFact)}…` : fact;
  return typeof fact === "object" && fact !== null ? "an object" : fact;
}
