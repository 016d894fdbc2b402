import { z } from "zod";
import { route } from "../route.ts";
import { WindowText } from "../schemas/basics.ts";
import { Statistics } from "../schemas/statistics.ts";

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
