import { z } from "zod";
import { Time } from "../basics.ts";

/** What an operator has paused. */
export const Pause = z
  .object({
    id: z.string().meta({ description: "`all`, `type:article` or `tenant:acme`" }),
    scope: z.enum(["all", "type", "tenant"]),
    name: z.string().nullable().meta({ description: "Of the type or tenant; null for all" }),
    reason: z.string().nullable(),
    since: Time,
  })
  .meta({ id: "Pause" });
