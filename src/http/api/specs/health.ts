import { z } from "zod";
import { route } from "../route.ts";
import { Readiness } from "../schemas/health.ts";

export const getHealth = route({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  tag: "service",
  summary: "Whether the process answers",
  answers: { 200: { description: "It does", schema: z.object({ status: z.literal("ok") }) } },
  problems: [],
});

export const getReadiness = route({
  id: "getReadiness",
  method: "get",
  path: "/readyz",
  tag: "service",
  summary: "Whether all that the process needs answers too",
  answers: {
    200: { description: "It can work", schema: Readiness },
    503: {
      description: "The database cannot be written; `reason` says why",
      schema: Readiness,
      headers: ["Retry-After"],
    },
  },
  problems: [],
});
