import { z } from "zod";
import { windowOf } from "../../../statistics/window.ts";
import { route } from "../route.ts";
import { Statistics } from "../schemas/statistics.ts";

/** `15m`, `24h`, `30d`. */
export const WindowText = z
  .string()
  .refine((text) => windowOf(text) !== null, "expected a window of up to 199 days, like 15m, 24h or 30d")
  .meta({ description: "The time that is looked at, to now: like `15m`, `24h` or `30d`", example: "24h" });

export const getStatistics = route({
  id: "getStatistics",
  method: "get",
  path: "/v1/stats",
  tag: "service",
  summary: "What happened over a window, counted",
  description:
    "Of the key's tenant. `tenants=all` counts all tenants together and each of them, and needs the scope admin. A job counts at its end, as it stands now, and what was removed since counts too.",
  query: z.strictObject({
    window: WindowText.default("24h"),
    tenants: z.literal("all").optional(),
  }),
  answers: { 200: { description: "The statistics", schema: Statistics } },
  problems: [],
});
