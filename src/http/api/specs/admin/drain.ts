import { z } from "zod";
import { route } from "../../route.ts";

export const drainJobs = route({
  id: "drainJobs",
  method: "post",
  path: "/v1/drain",
  tag: "service",
  summary: "Run what is due",
  description:
    "For platforms where nothing may stay running and that call a URL by a schedule. Answers when nothing is due any more, or when the budget is used up: what is unfinished then is handed back without using an attempt. Any number of calls may run at once. Needs the scope `admin`.",
  query: z.object({
    budgetSeconds: z.coerce.number().min(1).max(3_600).default(25).meta({ description: "How long it may take" }),
  }),
  answers: {
    200: {
      description: "What was due has run, as far as the budget went",
      schema: z
        .object({
          live: z.number().int().meta({ description: "Jobs that are not finished, those for later included" }),
        })
        .meta({ id: "Drained" }),
    },
  },
  problems: [],
});
