import { z } from "zod";
import { Count, Time, Uuid } from "../basics.ts";

/** What a tenant wants written, as `viewTopic` gives it. */
export const Topic = z
  .object({
    id: Uuid,
    title: z.string(),
    keywords: z.array(z.string()),
    template: z.string().nullable(),
    searchVolume: Count.nullable(),
    status: z.enum(["pending", "in_progress", "completed", "rejected"]).meta({
      description: "Follows the jobs that name it",
    }),
    createdAt: Time,
    usedAt: Time.nullable(),
  })
  .meta({ id: "Topic" });
