import type { Body, Given } from "galley/client";
import { askedOf, noOptions, type Options } from "../form/draft.ts";
import { beginningOf, kindOf, type Schema } from "../form/schema.ts";

/** When a schedule comes, as a person gives it. */
export type Times = { cron: string; timeZone: string; missed: "once" | "skip" };

/** What stands in the form of a schedule. */
export type Draft = { times: Times; input: unknown; options: Options };

type Schedule = Body<"getSchedule">;
type Changes = NonNullable<Given<"changeSchedule">["body"]>;

/** What a form for a new schedule begins with. */
export const newDraft = (schema: Schema, timeZone: string): Draft => ({
  times: { cron: "0 6 * * MON", timeZone, missed: "once" },
  input: beginningOf(schema),
  options: noOptions,
});

/** What the form of a schedule that is there begins with. */
export function draftOf(
  schema: Schema,
  { cron, timeZone, missed, input, tags, maxCostUsd, priority }: Schedule,
): Draft {
  return {
    times: { cron, timeZone, missed },
    input: filled(schema, input),
    options: {
      ...noOptions,
      tags: tags.join(", "),
      // Without the zeros that end its 12 decimals.
      maxCostUsd: (maxCostUsd ?? "").replace(/\.?0+$/, ""),
      priority: priority === 0 ? "" : String(priority),
    },
  };
}

/** A value with the defaults that hold where nothing was given. What the schema does not know stays. */
function filled(schema: Schema, given: unknown): unknown {
  if (given === undefined) return beginningOf(schema);
  if (kindOf(schema) !== "group" || typeof given !== "object" || given === null) return given;
  const { properties = {}, required } = schema;
  const parts = Object.entries(properties).map(([name, part]) => {
    const value = (given as Record<string, unknown>)[name];
    const isLeftOut = value === undefined && kindOf(part) === "group" && !required?.includes(name);
    return [name, isLeftOut ? undefined : filled(part, value)] as const;
  });
  return { ...given, ...Object.fromEntries(parts.filter(([, value]) => value !== undefined)) };
}

/** What is sent of a draft, all of it. */
export function orderOf(type: string, { times, input: draft, options }: Draft) {
  const { input, tags = [], maxCostUsd = null, priority = 0 } = askedOf(type, draft, options);
  return { ...times, input, tags, maxCostUsd, priority };
}

/** What is sent to change a schedule: what the person has changed, so that the rest stays as it is by then. */
export function changesOf(type: string, before: Draft, after: Draft): Changes {
  const old: Record<string, unknown> = orderOf(type, before);
  const changed = Object.entries(orderOf(type, after)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]),
  );
  return Object.fromEntries(changed);
}
